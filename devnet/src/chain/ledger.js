// The chain itself: a masterchain and a base chain that grow by one step at a time. Everything here follows from the
// genesis options and the inputs of each step, so that the same inputs give the same blocks to the byte.
import { cellToBoc } from '../cells/boc.js';
import { Hashmap, keyOf } from '../cells/hashmap.js';
import { collectHashes, merkleUpdate, remember } from '../cells/proof.js';
import { blockCell, blockExtra, blockInfo, masterchainBlockExtra, valueFlow } from './block.js';
import { Collation } from './collate.js';
import { genesis } from './genesis.js';
import { accountBlocks } from './maps.js';
import { sha256 } from './signing.js';
import { masterchainExtra, NO_MESSAGES, shardHashes, shardStateCell, shardTree } from './state.js';
import { BASECHAIN, MASTERCHAIN } from './tlb.js';
import {
  makeValidatorSet,
  masterchainSession,
  sessionHash,
  shardSession,
  validatorSetCell,
} from './validators.js';

const LT_ALIGN = 1_000_000n;
const TRANSACTIONS_PER_BLOCK_MAX = 2_000;
/** How many earlier blocks a masterchain state lists, key blocks aside; mainnet lists all. */
const OLD_BLOCKS_MAX = 4_096;

/**
 * @typedef {{ utime: number, messages: import('./messages.js').QueuedMessage[], rotate: boolean }} StepInputs
 */

export class Ledger {
  /**
   * @param {import('../executor/executor.js').Executor} executor
   * @param {import('./history.js').History} history
   */
  constructor(executor, history, options) {
    this.executor = executor;
    this.history = history;
    this.options = options;
  }

  /** Begins a chain; its first block, a key block, comes with the first step. */
  begin() {
    const first = genesis({ ...this.options, baseConfig: this.executor.defaultConfig });
    this.zerostate = first.master.id;
    this.baseZerostate = first.base.id;
    this.resume({ ...first, lastKeyBlock: null, shardCatchainSeqno: 0, waiting: new Map() });
  }

  /** Goes on from two heads, their configuration and the messages that wait. */
  resume({ base, master, config, validators, validatorInfo, lastKeyBlock, shardCatchainSeqno, waiting }) {
    this.heads = new Map([
      [BASECHAIN, base],
      [MASTERCHAIN, master],
    ]);
    Object.assign(this, { config, validators, validatorInfo, lastKeyBlock, shardCatchainSeqno, waiting });
    this.known = new WeakSet();
    for (const root of [NO_MESSAGES, base.state.root, master.state.root]) remember(root, this.known);
  }

  get head() {
    return this.heads.get(MASTERCHAIN);
  }

  get baseHead() {
    return this.heads.get(BASECHAIN);
  }

  /** One block of each chain; the base chain rests while it has nothing to run and the second has not changed. */
  async step({ utime, messages, rotate }) {
    const now = Math.max(utime, this.head.genUtime);
    this.wait(messages);
    const { id, genUtime } = this.baseHead;
    if (id.seqno === 0 || now > genUtime || this.#queueFor(BASECHAIN).length > 0)
      await this.#makeBaseBlock(now);
    await this.#makeMasterBlock(now, rotate);
    return this.head;
  }

  /** Queues messages for the next block of their workchain. */
  wait(messages) {
    for (const message of messages) this.#queueFor(message.workchain).push(message);
  }

  #queueFor(workchain) {
    if (!this.waiting.has(workchain)) this.waiting.set(workchain, []);
    return this.waiting.get(workchain);
  }

  async #makeBaseBlock(now) {
    const prev = this.baseHead;
    const collation = await this.#collate(BASECHAIN, prev, now, maxLt(prev.endLt, this.head.endLt));
    const session = shardSession(
      this.validators,
      this.shardCatchainSeqno,
      this.config.sessions.shardValidators,
    );
    const block = this.#finish(collation, prev, {
      masterRef: this.head,
      minRefMcSeqno: this.head.id.seqno,
      isKey: false,
      session: {
        hash: sessionHash(session, this.shardCatchainSeqno),
        catchainSeqno: this.shardCatchainSeqno,
        validators: session,
      },
    });
    this.#commit(block, collation.transactions);
  }

  async #makeMasterBlock(now, rotate) {
    const prev = this.head;
    const isKey = rotate || prev.id.seqno === 0;
    const config = rotate ? this.#rotated(now) : this.config;
    const collation = await this.#collate(MASTERCHAIN, prev, now, maxLt(prev.endLt, this.baseHead.endLt));
    const { catchainSeqno } = this.validatorInfo;
    const validators = masterchainSession(this.validators, catchainSeqno, this.config.sessions.shuffle);
    const session = {
      hash: sessionHash(validators, catchainSeqno),
      catchainSeqno,
      validators,
      round: this.validators.round,
    };
    const extra = this.#masterExtra(collation, prev, { isKey, rotate, config, now });
    const block = this.#finish(collation, prev, {
      session,
      isKey,
      minRefMcSeqno: this.baseHead.minRefMcSeqno,
      ...extra,
    });
    Object.assign(block, { shard: this.baseHead, oldBlocks: extra.oldBlocks });
    this.baseHead.masterSeqno ??= block.id.seqno;
    this.config = config;
    this.validatorInfo = extra.validatorInfo;
    if (rotate) this.validators = this.nextValidators;
    if (isKey) this.lastKeyBlock = block;
    this.#commit(block, collation.transactions);
  }

  // The configuration with the next round's validators in parameter 34.
  #rotated(now) {
    this.nextValidators = this.validatorsOf(this.validators.round + 1, now);
    return this.config.with(34, validatorSetCell(this.nextValidators));
  }

  validatorsOf(round, since) {
    const { secret, validatorsTotal, validatorsMain, roundSeconds } = this.options;
    return makeValidatorSet({
      secret,
      round,
      total: validatorsTotal,
      main: validatorsMain,
      since,
      until: since + roundSeconds,
    });
  }

  #masterExtra(collation, prev, { isKey, rotate, config, now }) {
    const newSession =
      isKey ||
      Math.floor(now / config.sessions.masterLifetime) >
        Math.floor(prev.genUtime / config.sessions.masterLifetime);
    const catchainSeqno = this.validatorInfo.catchainSeqno + (newSession ? 1 : 0);
    const set = rotate ? this.nextValidators : this.validators;
    const next = masterchainSession(set, catchainSeqno, config.sessions.shuffle);
    if (newSession) this.shardCatchainSeqno += 1;
    const validatorInfo = { hash: sessionHash(next, 0), catchainSeqno, nextCatchainUpdated: newSession };
    const base = this.baseHead;
    const isNewBase = !base.masterSeqno;
    const shards = shardHashes(
      shardTree({
        block: base,
        regMcSeqno: base.masterSeqno ?? prev.id.seqno + 1,
        nextCatchainSeqno: this.shardCatchainSeqno,
        nextCatchainUpdated: newSession,
        fees: base.feesCollected ?? 0n,
      }),
    );
    const oldBlocks = this.#listBlock(prev);
    const custom = masterchainExtra({
      shards,
      config,
      validatorInfo,
      oldBlocks,
      afterKeyBlock: isKey,
      lastKeyBlock: this.lastKeyBlock,
      globalBalance: collation.accounts.extra + base.state.accounts.extra,
    });
    const shardFees = isNewBase ? (base.feesCollected ?? 0n) : null;
    const blockCustom = masterchainBlockExtra({ shards, shardFees, config: isKey ? config : null });
    return { config, custom, blockCustom, validatorInfo, oldBlocks, feesImported: shardFees ?? 0n };
  }

  // The list of earlier blocks, with `prev` in it and the one that is now too old for it out.
  #listBlock(prev) {
    const old = this.history.block(MASTERCHAIN, prev.id.seqno - OLD_BLOCKS_MAX);
    const seqno = prev.id.seqno - OLD_BLOCKS_MAX;
    const list = seqno >= 0 && !old?.isKey ? prev.oldBlocks.delete(keyOf(seqno, 32)) : prev.oldBlocks;
    return list.set(keyOf(prev.id.seqno, 32), { isKey: prev.isKey, endLt: prev.endLt, id: prev.id });
  }

  async #collate(workchain, prev, now, afterLt) {
    const collation = new Collation({
      workchain,
      accounts: prev.state.accounts,
      startLt: (afterLt / LT_ALIGN + 1n) * LT_ALIGN,
      now,
      randomSeed: sha256(prev.id.rootHash, this.options.secret),
      config: this.config,
      executor: this.executor,
      transactionsMax: TRANSACTIONS_PER_BLOCK_MAX,
    });
    const left = await collation.run(this.#queueFor(workchain));
    this.waiting.set(workchain, []);
    this.wait(left);
    return collation;
  }

  #finish(collation, prev, details) {
    const { workchain, accounts, now, startLt } = collation;
    const { globalId } = this.options;
    const seqno = prev.id.seqno + 1;
    const endLt = collation.nextLt;
    const common = { globalId, workchain, seqno, genUtime: now, minRefMcSeqno: details.minRefMcSeqno };
    const state = shardStateCell({
      ...common,
      genLt: endLt,
      accounts,
      masterRef: details.masterRef,
      custom: details.custom,
    });
    const info = blockInfo({
      ...common,
      isKey: details.isKey,
      startLt,
      endLt,
      validatorListHash: details.session.hash,
      catchainSeqno: details.session.catchainSeqno,
      prevKeySeqno: this.lastKeyBlock?.id.seqno ?? 0,
      software: this.config.software,
      masterRef: details.masterRef,
      prev,
    });
    const root = blockCell({
      globalId,
      info,
      flow: valueFlow(flowOf(collation, prev, details.feesImported ?? 0n)),
      stateUpdate: merkleUpdate(prev.state.root, state.root, this.known, touchedHashes(collation)),
      extra: blockExtra({
        inMessages: collation.inMessages,
        outMessages: collation.outMessages,
        accountBlocks: accountBlocks(collation.transactions),
        randSeed: collation.randomSeed,
        createdBy: details.session.validators[0].signer.publicKey,
        custom: details.blockCustom,
      }),
    });
    const boc = cellToBoc(root);
    return {
      id: { workchain, seqno, rootHash: root.hash(), fileHash: sha256(boc) },
      isKey: details.isKey,
      startLt,
      endLt,
      genUtime: now,
      minRefMcSeqno: details.minRefMcSeqno,
      feesCollected: collation.fees,
      boc,
      root,
      state: { ...state, accounts, custom: details.custom, config: details.config },
      transactions: listed(collation.transactions),
      session: details.session,
    };
  }

  #commit(block, transactions) {
    this.heads.set(block.id.workchain, block);
    this.history.add(block, transactions);
  }
}

function flowOf(collation, prev, feesImported) {
  return {
    before: prev.state.accounts.extra,
    after: collation.accounts.extra,
    imported: collation.imported,
    exported: collation.exported,
    feesCollected: collation.fees + feesImported,
    feesImported,
    feesRecovered: 0n,
  };
}

function touchedHashes(collation) {
  const hashes = new Set();
  for (const account of collation.touched.values()) collectHashes(account, hashes);
  return hashes;
}

// As a block lists its transactions: by account, then by logical time.
function listed(transactions) {
  return transactions
    .map(({ account, lt, hash }) => ({ account, lt, hash }))
    .sort((a, b) => Buffer.compare(a.account, b.account) || (a.lt < b.lt ? -1 : 1));
}

function maxLt(a, b) {
  return a > b ? a : b;
}
