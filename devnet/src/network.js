// The running network: takes messages, makes a block at each beat, and lets readers wait for one.
import { NO_ACCOUNT } from './chain/account.js';
import { Clock } from './chain/clock.js';
import { History } from './chain/history.js';
import { Ledger } from './chain/ledger.js';
import { MessageError, readExternalMessage } from './chain/messages.js';
import { sha256 } from './chain/signing.js';
import { BASECHAIN, MASTERCHAIN } from './chain/tlb.js';
import { keyOfHash } from './cells/hashmap.js';
import { Faucet } from './faucet.js';
import { restoreSnapshot, takeSnapshot } from './store/snapshot.js';

const PENDING_MAX = 10_000;
const WAITERS_MAX = 10_000;

/**
 * @typedef {object} NetworkOptions
 * @property {number} [globalId] -777
 * @property {Buffer} [secret] 32 bytes from which every key follows
 * @property {number | 'manual'} [intervalMs] between blocks
 * @property {number} [validatorsTotal] @property {number} [validatorsMain] those who sign the masterchain
 * @property {number} [sessionSeconds] @property {number} [roundSeconds]
 * @property {number} [keyBlockEvery] a rotation each so many blocks; 0: when asked
 * @property {number} [beginAtMultiple] the chain begins, or goes on, with a new block whose seqno is a multiple of this;
 *   0: with any
 * @property {number} [clockShift] seconds that its clock is ahead of the machine's
 * @property {'ordinary' | 'simplex'} [signatures]
 * @property {{ statesMax?: number, blocksMax?: number, transactionsMax?: number }} [limits]
 */
export const DEFAULTS = {
  globalId: -777,
  intervalMs: 500,
  validatorsTotal: 7,
  validatorsMain: 5,
  sessionSeconds: 250,
  roundSeconds: 65_536,
  keyBlockEvery: 0,
  beginAtMultiple: 0,
  clockShift: 0,
  signatures: 'ordinary',
  limits: { statesMax: 256, blocksMax: 2_048, transactionsMax: 20_000 },
};

export class Network {
  /**
   * @param {import('./executor/executor.js').Executor} executor
   * @param {NetworkOptions} options
   */
  constructor(executor, options = {}) {
    this.options = { ...DEFAULTS, ...options, limits: { ...DEFAULTS.limits, ...options.limits } };
    this.options.secret ??= sha256('cocoon devnet');
    this.executor = executor;
    this.clock = options.clock ?? new Clock();
    if (this.options.clockShift !== 0) this.clock.shift(this.options.clockShift);
    this.faucet = new Faucet(this);
    this.pending = [];
    this.waiters = new Set();
    this.rotateNext = false;
    this.working = Promise.resolve();
    /** Called with the inputs of a step before it is taken. @type {(inputs: object) => void} */
    this.onInputs = () => {};
    /** Called after each step with the milliseconds that it took. @type {(ms: number) => void} */
    this.onStep = () => {};
    /** Called when the chain was set to another state. */
    this.onRestore = () => {};
  }

  /** Begins a chain, or goes on with one that was attached. There is always a key block and one to prove from it. */
  async begin() {
    if (!this.ledger) this.reset(this.clock.seconds);
    while (this.ledger.head.id.seqno < 2) await this.step();
    const { beginAtMultiple } = this.options;
    if (beginAtMultiple === 0) return;
    do await this.step();
    while (this.ledger.head.id.seqno % beginAtMultiple !== 0);
  }

  /** An empty ledger of the same genesis. */
  reset(genUtime) {
    this.genUtime = genUtime;
    this.history = new History(this.options.limits);
    this.ledger = new Ledger(this.executor, this.history, {
      ...this.options,
      genUtime,
      faucet: this.faucet.address,
    });
    this.ledger.begin();
    this.pending = [];
    this.rotateNext = false;
  }

  /** Beats at the interval until stopped. */
  start() {
    this.stop();
    if (this.options.intervalMs === 'manual') return;
    const beat = async () => {
      const due = performance.now() + this.options.intervalMs;
      await this.step();
      if (this.timer) this.timer = setTimeout(beat, Math.max(0, due - performance.now()));
    };
    this.timer = setTimeout(beat, this.options.intervalMs);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  /** Runs `work` when no step is under way. */
  exclusively(work) {
    const result = this.working.then(work);
    this.working = result.catch(() => {});
    return result;
  }

  /** Makes one step with whatever waits. @returns {Promise<import('./chain/history.js').Block>} */
  step() {
    return this.exclusively(async () => {
      const { keyBlockEvery } = this.options;
      const due = keyBlockEvery > 0 && (this.ledger.head.id.seqno + 1) % keyBlockEvery === 0;
      const inputs = { utime: this.clock.seconds, messages: this.pending, rotate: this.rotateNext || due };
      this.pending = [];
      this.rotateNext = false;
      this.onInputs(inputs);
      const started = performance.now();
      const block = await this.ledger.step(inputs);
      this.onStep(performance.now() - started);
      this.#wake();
      return block;
    });
  }

  #wake() {
    for (const waiter of this.waiters) if (waiter.isMet()) waiter.done();
  }

  /**
   * Waits for a masterchain block.
   * @returns {Promise<boolean>} whether it came in time
   */
  waitFor(seqno, timeoutMs) {
    const isMet = () => this.ledger.head.id.seqno >= seqno;
    if (isMet()) return Promise.resolve(true);
    if (this.waiters.size >= WAITERS_MAX) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (met) => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        resolve(met);
      };
      const waiter = { isMet, done: () => end(true) };
      const timer = setTimeout(() => end(false), timeoutMs);
      this.waiters.add(waiter);
    });
  }

  /** @returns {Promise<object>} the chain as it is now, for `restore` */
  snapshot() {
    return this.exclusively(() => takeSnapshot(this));
  }

  /** Goes back to a snapshot of this network. */
  restore(snapshot) {
    return this.exclusively(() => {
      restoreSnapshot(this, snapshot);
      this.onRestore();
    });
  }

  /**
   * Takes an external message if its contract accepts it now.
   * @param {Buffer} boc
   * @throws {MessageError}
   */
  async submit(boc) {
    const message = readExternalMessage(boc);
    if (this.pending.length >= PENDING_MAX) throw new MessageError('too many messages wait');
    const result = await this.tryOut(message);
    if (!result.accepted) {
      throw new MessageError(
        `cannot apply external message to current state : ${result.reason} (exit code ${result.exitCode})`,
      );
    }
    this.pending.push(message);
    return message.hash;
  }

  /** Queues a message unchecked. */
  enqueue(boc) {
    this.pending.push(readExternalMessage(boc));
  }

  /** Runs a message against the head and keeps nothing. @returns {Promise<import('./executor/executor.js').RunResult>} */
  tryOut(message, { ignoreSignatures = false } = {}) {
    const head = this.headOf(message.workchain);
    return this.executor.run({
      message: message.cell,
      state: this.account(message.workchain, message.account, head) ?? NO_ACCOUNT,
      config: this.ledger.config,
      now: Math.max(this.clock.seconds, head.genUtime),
      lt: head.endLt + 1n,
      randomSeed: head.id.rootHash,
      ignoreSignatures,
    });
  }

  headOf(workchain) {
    if (workchain === MASTERCHAIN) return this.ledger.head;
    if (workchain === BASECHAIN) return this.ledger.head.shard;
    throw new RangeError(`no workchain ${workchain}`);
  }

  /** @returns {import('./chain/maps.js').ShardAccount | undefined} */
  account(workchain, hash, block = this.headOf(workchain)) {
    return block.state.accounts.get(keyOfHash(hash));
  }
}
