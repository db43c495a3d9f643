// Answers about blocks: the head, whole blocks, headers, look-ups, shards, lists of transactions.
import { beginCell } from '@ton/core';
import { cellToBoc, toBoc } from '../cells/boc.js';
import { sha256 } from '../chain/signing.js';
import { MASTERCHAIN } from '../chain/tlb.js';
import { blockState, knownBlock, LiteError, NOT_READY, PROTOCOL, wholeShardOnly } from './lookup.js';
import { headerProof, shardCells, stateProof, transactionInBlock, transactionsProof } from './proofs.js';
import { blockIdExt } from './scheme.js';

const VERSION = 0x101;
// Account states with proofs, and masterchainInfoExt: what TON's own server announces.
const CAPABILITIES = 7n;
const LIST_MAX = 256;
const WANTED = { account: 1, lt: 2, hash: 4, after: 128, reverse: 64, proof: 32 };

export const BLOCK_ANSWERS = {
  'liteServer.getMasterchainInfo': ({ network, head }) => ({
    _: 'liteServer.masterchainInfo',
    ...headFacts(network, head),
  }),
  'liteServer.getMasterchainInfoExt': ({ network, head }, { mode }) => ({
    _: 'liteServer.masterchainInfoExt',
    mode,
    version: VERSION,
    capabilities: CAPABILITIES,
    last_utime: head.genUtime,
    now: network.clock.seconds,
    ...headFacts(network, head),
  }),
  'liteServer.getTime': ({ network }) => ({ _: 'liteServer.currentTime', now: network.clock.seconds }),
  'liteServer.getVersion': ({ network }) => ({
    _: 'liteServer.version',
    mode: 0,
    version: VERSION,
    capabilities: CAPABILITIES,
    now: network.clock.seconds,
  }),
  'liteServer.getBlock': ({ network }, { id }) => ({
    _: 'liteServer.blockData',
    id,
    data: knownBlock(network, id).boc,
  }),
  'liteServer.getState': wholeState,
  'liteServer.getBlockHeader': ({ network }, { id, mode }) => header(network, knownBlock(network, id), mode),
  'liteServer.lookupBlock': lookUp,
  'liteServer.getAllShardsInfo': allShards,
  'liteServer.getShardInfo': oneShard,
  'liteServer.listBlockTransactions': listTransactions,
  'liteServer.listBlockTransactionsExt': listWholeTransactions,
};

function headFacts(network, head) {
  const { workchain, rootHash, fileHash } = network.ledger.zerostate;
  return {
    last: blockIdExt(head.id),
    state_root_hash: head.state.root.hash(),
    init: { _: 'tonNode.zeroStateIdExt', workchain, root_hash: rootHash, file_hash: fileHash },
  };
}

function wholeState({ network }, { id }) {
  const { root } = blockState(knownBlock(network, id));
  const data = cellToBoc(root);
  return { _: 'liteServer.blockState', id, root_hash: root.hash(), file_hash: sha256(data), data };
}

function header(network, block, mode) {
  const root = network.history.rootOf(block);
  return { _: 'liteServer.blockHeader', id: blockIdExt(block.id), mode, header_proof: headerProof(root) };
}

// mode: 1 by seqno, 2 by logical time, 4 by time: the first block that ends at it or later.
function lookUp({ network }, { mode, id, lt, utime }) {
  wholeShardOnly(id.workchain, id.shard);
  const { history } = network;
  let block;
  if (mode & 1) block = history.block(id.workchain, id.seqno >>> 0);
  else if (mode & 2) block = history.firstWhere(id.workchain, ({ endLt }) => endLt >= lt);
  else if (mode & 4) block = history.firstWhere(id.workchain, ({ genUtime }) => genUtime >= utime);
  else throw new LiteError(PROTOCOL, 'a look-up wants a seqno, a logical time or a time');
  if (!block) throw new LiteError(NOT_READY, 'block is not known');
  return header(network, block, mode & ~7);
}

function allShards({ network }, { id }) {
  const block = knownBlock(network, id);
  const state = blockState(block);
  const hashes = beginCell().storeMaybeRef(state.custom.refs[0]).endCell(); // HashmapE
  const proof = stateProof(network.history.rootOf(block), state, shardCells(state));
  return { _: 'liteServer.allShardsInfo', id, proof, data: cellToBoc(hashes) };
}

function oneShard({ network }, { id, workchain, shard, exact }) {
  const block = knownBlock(network, id);
  if (exact) wholeShardOnly(workchain, shard);
  const state = blockState(block);
  return {
    _: 'liteServer.shardInfo',
    id,
    shardblk: blockIdExt(workchain === MASTERCHAIN ? block.id : block.shard.id),
    shard_proof: stateProof(network.history.rootOf(block), state, shardCells(state)),
    shard_descr: cellToBoc(state.custom.refs[0].refs[0]),
  };
}

// The part of a block's transactions that a list query asks for.
function select({ network }, { id, mode, count, after }) {
  const block = knownBlock(network, id);
  const isReverse = Boolean(mode & WANTED.reverse);
  const all = isReverse ? [...block.transactions].reverse() : block.transactions;
  const sign = isReverse ? -1 : 1;
  const isLater = (item) => {
    const byAccount = Buffer.compare(item.account, after.account) * sign;
    return byAccount > 0 || (byAccount === 0 && (item.lt - after.lt) * BigInt(sign) > 0n);
  };
  const rest = mode & WANTED.after ? all.filter(isLater) : all;
  const taken = rest.slice(0, Math.min(count, LIST_MAX));
  const root = network.history.rootOf(block);
  const proof = mode & WANTED.proof ? transactionsProof(root, taken) : Buffer.alloc(0);
  return { root, taken, common: { id, req_count: count, incomplete: taken.length < rest.length, proof } };
}

function listTransactions(context, query) {
  const { taken, common } = select(context, query);
  const mode = query.mode & (WANTED.account | WANTED.lt | WANTED.hash);
  const ids = taken.map(({ account, lt, hash }) => ({ mode, account, lt, hash }));
  return { _: 'liteServer.blockTransactions', ids, ...common };
}

function listWholeTransactions(context, query) {
  const { root, taken, common } = select(context, query);
  const cells = taken.map(({ account, lt }) => transactionInBlock(root, account, lt).transaction);
  const transactions = cells.length > 0 ? toBoc(cells) : Buffer.alloc(0);
  return { _: 'liteServer.blockTransactionsExt', transactions, ...common };
}
