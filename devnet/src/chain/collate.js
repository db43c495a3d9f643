// Runs the messages of one block against the accounts of one workchain.
import { loadTransaction } from '@ton/core';
import { Hashmap, bytesOfKey, keyOf, keyOfHash, readHashmap } from '../cells/hashmap.js';
import { NO_ACCOUNT, shardAccount } from './account.js';
import { IN_MESSAGES, OUT_MESSAGES } from './maps.js';
import { inMessage, outMessage, queued } from './messages.js';

/**
 * @typedef {{ cell: import('@ton/core').Cell, hash: Buffer, account: Buffer, lt: bigint, totalFees: bigint,
 *   prevLt: bigint, prevHash: Buffer, stateBefore: Buffer, stateAfter: Buffer }} Transaction
 */

/** The messages of one block, run in order; what they send within the workchain runs in the same block. */
export class Collation {
  /**
   * @param {{ workchain: number, accounts: Hashmap, startLt: bigint, now: number, randomSeed: Buffer,
   *   config: import('./config.js').ChainConfig, executor: import('../executor/executor.js').Executor,
   *   transactionsMax: number }} options
   */
  constructor(options) {
    Object.assign(this, options);
    this.nextLt = options.startLt + 1n;
    /** @type {Transaction[]} */
    this.transactions = [];
    this.touched = new Map(); // key -> account cell before this block
    this.inMessages = new Hashmap(IN_MESSAGES);
    this.outMessages = new Hashmap(OUT_MESSAGES);
    this.waiting = []; // made here, not delivered here: {message, madeBy}
    this.exported = 0n;
    this.fees = 0n;
    this.imported = 0n;
  }

  /**
   * @param {import('./messages.js').QueuedMessage[]} messages
   * @returns {Promise<import('./messages.js').QueuedMessage[]>} those for which the block had no room
   */
  async run(messages) {
    const line = messages.map((message) => ({ message }));
    let at = 0;
    for (; at < line.length && this.transactions.length < this.transactionsMax; at++) {
      const made = await this.deliver(line[at]);
      for (const item of made) (item.message.workchain === this.workchain ? line : this.waiting).push(item);
    }
    const rest = line.slice(at);
    for (const item of [...this.waiting, ...rest]) if (item.madeBy) this.#export(item);
    return [...this.waiting, ...rest].map((item) => item.message);
  }

  // Runs one message. An external message that its contract does not accept leaves no trace.
  async deliver({ message, madeBy }) {
    const key = keyOfHash(message.account);
    const before = this.accounts.get(key) ?? NO_ACCOUNT;
    const lt = [this.nextLt, message.createdLt + 1n].reduce((a, b) => (a > b ? a : b));
    const result = await this.executor.run({
      message: message.cell,
      state: before,
      config: this.config,
      now: this.now,
      lt,
      randomSeed: this.randomSeed,
    });
    if (!result.accepted) return [];
    const after = shardAccount(result.state);
    this.accounts = after ? this.accounts.set(key, after) : this.accounts.delete(key);
    if (!this.touched.has(key)) this.touched.set(key, before.account);
    return this.#record(message, madeBy, before, result);
  }

  #record(message, madeBy, before, result) {
    const cell = result.transaction;
    const parsed = loadTransaction(cell.beginParse());
    this.nextLt = parsed.lt + BigInt(parsed.outMessagesCount) + 1n;
    this.transactions.push({
      cell,
      hash: cell.hash(),
      account: message.account,
      lt: parsed.lt,
      totalFees: parsed.totalFees.coins,
      prevLt: parsed.prevTransactionLt,
      prevHash: bytesOfKey(keyOf(parsed.prevTransactionHash, 256)),
      stateBefore: before.account.hash(),
      stateAfter: result.state.account.hash(),
    });
    this.fees += parsed.totalFees.coins;
    const incoming = inMessage(message, cell, Boolean(madeBy));
    this.inMessages = this.inMessages.set(keyOfHash(message.hash), incoming);
    this.imported += incoming.sums.value;
    this.fees += incoming.sums.fees;
    if (madeBy) this.#out(message.cell, outMessage(message.cell, message, madeBy, incoming.cell));
    return this.#sent(cell, parsed);
  }

  #sent(transaction, parsed) {
    const made = [];
    for (const cell of outCells(transaction, parsed)) {
      const message = queued(cell);
      if (message) made.push({ message, madeBy: transaction });
      else this.#out(cell, outMessage(cell, null, transaction));
    }
    return made;
  }

  #export({ message, madeBy }) {
    const entry = outMessage(message.cell, message, madeBy);
    this.exported += entry.exported;
    this.#out(message.cell, entry);
  }

  #out(cell, entry) {
    this.outMessages = this.outMessages.set(keyOfHash(cell.hash()), entry);
  }
}

// The outbound messages as the transaction holds them, in order: HashmapE 15 ^(Message Any).
function outCells(transaction, parsed) {
  if (parsed.outMessagesCount === 0) return [];
  const messages = transaction.refs[0].beginParse();
  if (messages.loadBit()) messages.loadRef();
  const map = readHashmap({ keyBits: 15 }, messages.loadMaybeRef(), (slice) => slice.loadRef());
  return [...map.entries()].map(([, cell]) => cell);
}
