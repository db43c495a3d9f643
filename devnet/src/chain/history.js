// What the node remembers: recent blocks with their states, older blocks as bytes, key blocks for ever, and the newest
// transactions of all accounts. Everything but key blocks has a bound.
import { Cell } from '@ton/core';
import { cellToBoc } from '../cells/boc.js';
import { BASECHAIN, MASTERCHAIN } from './tlb.js';

/**
 * @typedef {import('./tlb.js').BlockId} BlockId
 * @typedef {{ root: Cell, accountsCell: Cell, accounts: import('../cells/hashmap.js').Hashmap, custom?: Cell }} State
 *
 * @typedef {object} Block
 * @property {BlockId} id
 * @property {boolean} isKey
 * @property {bigint} startLt
 * @property {bigint} endLt
 * @property {number} genUtime
 * @property {number} minRefMcSeqno
 * @property {Buffer} boc
 * @property {Cell | null} root while the block is recent
 * @property {State | null} state after the block, while the block is recent
 * @property {{ account: Buffer, lt: bigint, hash: Buffer }[]} transactions by account, then lt
 * @property {object} [session] who signs a masterchain block
 * @property {Block} [shard] the base chain's newest block in a masterchain block
 * @property {object} [oldBlocks] the masterchain's list of earlier blocks, after this one
 * @property {Buffer} [configProof] of a key block, once it was asked for
 * @property {number} [masterSeqno] the first masterchain block that holds a base chain block
 *
 * @typedef {{ lt: bigint, hash: Buffer, prevLt: bigint, prevHash: Buffer, boc: Buffer, block: BlockId, utime: number }} StoredTransaction
 */

/** How many of the newest blocks of a chain keep their cells beside their bytes. */
const ROOTS_MAX = 8;

export class History {
  /** @param {{ statesMax: number, blocksMax: number, transactionsMax: number }} limits */
  constructor(limits) {
    this.limits = limits;
    this.chains = new Map([MASTERCHAIN, BASECHAIN].map((workchain) => [workchain, new Map()]));
    /** @type {Block[]} */
    this.keyBlocks = [];
    this.accounts = new Map(); // `${workchain}:${hex}` -> Map<lt, StoredTransaction>
    this.queue = []; // [account name, lt], oldest first from queueStart
    this.queueStart = 0;
  }

  /** @param {Block} block @param {import('./collate.js').Transaction[]} transactions */
  add(block, transactions) {
    const chain = this.chains.get(block.id.workchain);
    chain.set(block.id.seqno, block);
    if (block.isKey) this.keyBlocks.push(block);
    const cooling = chain.get(block.id.seqno - ROOTS_MAX);
    if (cooling) cooling.root = null;
    this.#fade(chain.get(block.id.seqno - this.limits.statesMax));
    const old = chain.get(block.id.seqno - this.limits.blocksMax);
    if (old && !old.isKey) chain.delete(old.id.seqno);
    for (const transaction of transactions) this.#index(block, transaction);
  }

  // An older block keeps its bytes; of its state only a key block's proofs remain, which need the block alone.
  #fade(block) {
    if (!block) return;
    block.state = null;
    block.oldBlocks = undefined;
    block.shard = undefined;
  }

  #index(block, transaction) {
    const { lt, hash, prevLt, prevHash } = transaction;
    const boc = cellToBoc(transaction.cell);
    this.restore(
      { lt, hash, prevLt, prevHash, boc, block: block.id, utime: block.genUtime },
      transaction.account,
    );
  }

  /** Puts one transaction in, as a snapshot had it. @param {StoredTransaction} stored */
  restore(stored, account) {
    const name = accountName(stored.block.workchain, account);
    const list = this.accounts.get(name) ?? new Map();
    this.accounts.set(name, list);
    list.set(stored.lt, stored);
    this.queue.push([name, stored.lt]);
    if (this.queue.length - this.queueStart > this.limits.transactionsMax) this.#forgetOldest();
  }

  #forgetOldest() {
    const [name, lt] = this.queue[this.queueStart++];
    const list = this.accounts.get(name);
    list.delete(lt);
    if (list.size === 0) this.accounts.delete(name);
    if (this.queueStart < this.limits.transactionsMax) return;
    this.queue = this.queue.slice(this.queueStart);
    this.queueStart = 0;
  }

  /** @returns {Block | undefined} */
  block(workchain, seqno) {
    return this.chains.get(workchain)?.get(seqno);
  }

  /** The block that an id names in full. @returns {Block | undefined} */
  find(id) {
    const block = this.block(id.workchain, id.seqno);
    return block && block.id.rootHash.equals(id.rootHash) && block.id.fileHash.equals(id.fileHash)
      ? block
      : undefined;
  }

  /** The first block of a chain for which `reached` holds, in order. @returns {Block | undefined} */
  firstWhere(workchain, reached) {
    for (const block of this.chains.get(workchain).values()) if (reached(block)) return block;
    return undefined;
  }

  /** @returns {Cell} the block's root, read again if it is no longer in memory */
  rootOf(block) {
    return block.root ?? Cell.fromBoc(block.boc)[0];
  }

  /** Transactions of an account, newest first, from the one at `lt`. @returns {StoredTransaction[]} */
  transactions(workchain, account, lt, count) {
    const list = this.accounts.get(accountName(workchain, account));
    const found = [];
    for (let next = list?.get(lt); next && found.length < count; next = list.get(next.prevLt)) found.push(next);
    return found;
  }

  /** Every transaction kept, oldest first. @returns {Generator<[Buffer, StoredTransaction]>} */
  *allTransactions() {
    for (let at = this.queueStart; at < this.queue.length; at++) {
      const [name, lt] = this.queue[at];
      yield [Buffer.from(name.split(':')[1], 'hex'), this.accounts.get(name).get(lt)];
    }
  }
}

function accountName(workchain, account) {
  return `${workchain}:${account.toString('hex')}`;
}
