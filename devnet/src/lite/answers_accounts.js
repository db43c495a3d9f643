// Answers about accounts: states with proofs, transactions, get-methods, messages.
import { Cell, parseTuple } from '@ton/core';
import { cellToBoc, toBoc } from '../cells/boc.js';
import { keyOfHash } from '../cells/hashmap.js';
import { prunedBranch } from '../cells/proof.js';
import { addressOf, readAccount } from '../chain/account.js';
import { MessageError } from '../chain/messages.js';
import { MASTERCHAIN } from '../chain/tlb.js';
import { blockState, FAILURE, knownBlock, LiteError, NOT_READY, PROTOCOL } from './lookup.js';
import { accountCells, shardCells, stateProof, transactionInBlock, transactionsProof } from './proofs.js';
import { blockIdExt, blockIdOf } from './scheme.js';

const TRANSACTIONS_MAX = 16;
const NOTHING = Buffer.alloc(0);
const METHOD = { shardProof: 1, stateProof: 2, result: 4 };
const NO_CODE_EXIT = -256;

export const ACCOUNT_ANSWERS = {
  'liteServer.getAccountState': (context, query) => accountState(context, query, cellToBoc),
  'liteServer.getAccountStatePrunned': (context, query) =>
    accountState(context, query, (cell) => cellToBoc(prunedBranch(cell, 0))),
  'liteServer.getOneTransaction': oneTransaction,
  'liteServer.getTransactions': transactions,
  'liteServer.runSmcMethod': runMethod,
  'liteServer.sendMessage': sendMessage,
  'liteServer.getLibraries': () => ({ _: 'liteServer.libraryResult', result: [] }),
};

// The blocks of a read: the one asked about, and the one whose state holds the account. A query that names no block in
// full (zero hashes, as lite-client sends) means the head.
function blocksOf({ network, head, faults }, id, workchain) {
  if (workchain !== MASTERCHAIN && workchain !== 0) throw new LiteError(PROTOCOL, `no workchain ${workchain}`);
  const isLatest = id.root_hash.equals(Buffer.alloc(32)) && id.seqno >>> 0 === 0xffffffff;
  const block = isLatest ? head : knownBlock(network, id);
  if (block.id.workchain !== MASTERCHAIN) {
    if (block.id.workchain !== workchain) throw new LiteError(PROTOCOL, 'the account is in another workchain');
    return { block, holder: block };
  }
  blockState(block);
  return { block, holder: workchain === MASTERCHAIN ? block : shardOf({ network, faults }, block) };
}

// wrong_shard: the base chain block before the one that the masterchain names.
function shardOf({ network, faults }, block) {
  const { workchain, seqno } = block.shard.id;
  const earlier = faults.get('wrong_shard') && network.history.block(workchain, seqno - 1);
  return earlier || block.shard;
}

function readProofs({ network, faults }, { block, holder }, account) {
  const { history } = network;
  const state = blockState(holder);
  const key = keyOfHash(faults.get('swapped_proof') ? network.faucet.address.hash : account);
  const proof = stateProof(history.rootOf(holder), state, accountCells(state, key));
  if (block === holder) return { shardProof: NOTHING, proof };
  return { shardProof: stateProof(history.rootOf(block), block.state, shardCells(block.state)), proof };
}

function accountState(context, { id, account }, encode) {
  const blocks = blocksOf(context, id, account.workchain);
  const found = blockState(blocks.holder).accounts.get(keyOfHash(account.id));
  const { shardProof, proof } = readProofs(context, blocks, account.id);
  return {
    _: 'liteServer.accountState',
    id: blockIdExt(blocks.block.id),
    shardblk: blockIdExt(blocks.holder.id),
    shard_proof: shardProof,
    proof,
    state: found ? encode(found.account) : NOTHING,
  };
}

function oneTransaction({ network }, { id, account, lt }) {
  const block = knownBlock(network, id);
  const root = network.history.rootOf(block);
  const { transaction } = transactionInBlock(root, account.id, lt);
  return {
    _: 'liteServer.transactionInfo',
    id,
    proof: transactionsProof(root, [{ account: account.id, lt }]),
    transaction: transaction ? cellToBoc(transaction) : NOTHING,
  };
}

function transactions({ network }, { count, account, lt, hash }) {
  if (count < 1) throw new LiteError(PROTOCOL, 'a count of at least one');
  const found = network.history.transactions(
    account.workchain,
    account.id,
    lt,
    Math.min(count, TRANSACTIONS_MAX),
  );
  if (found.length === 0) throw new LiteError(NOT_READY, 'the transaction is not known');
  if (!found[0].hash.equals(hash))
    throw new LiteError(PROTOCOL, 'the transaction at that logical time has another hash');
  const cells = found.map(({ boc }) => Cell.fromBoc(boc)[0]);
  return {
    _: 'liteServer.transactionList',
    ids: found.map(({ block }) => blockIdExt(block)),
    transactions: toBoc(cells),
  };
}

async function runMethod(context, { mode, id, account, method_id: methodId, params }) {
  const blocks = blocksOf(context, id, account.workchain);
  const { shardProof, proof } = readProofs(context, blocks, account.id);
  const found = blockState(blocks.holder).accounts.get(keyOfHash(account.id));
  const { exitCode, stack } = await callMethod(context.network, blocks, account, found, methodId, params);
  return {
    _: 'liteServer.runMethodResult',
    mode: mode & (METHOD.shardProof | METHOD.stateProof | METHOD.result),
    id: blockIdExt(blocks.block.id),
    shardblk: blockIdExt(blocks.holder.id),
    shard_proof: shardProof,
    proof,
    state_proof: found ? cellToBoc(found.account) : NOTHING,
    exit_code: exitCode,
    result: stack ? cellToBoc(stack) : NOTHING,
  };
}

async function callMethod(network, { holder }, { workchain, id }, found, methodId, params) {
  const account = found && readAccount(found.account);
  if (account?.storage.state.type !== 'active') return { exitCode: NO_CODE_EXIT, stack: null };
  const { code, data } = account.storage.state.state;
  let stack;
  try {
    stack = params.length > 0 ? parseTuple(Cell.fromBoc(params)[0]) : [];
  } catch (error) {
    throw new LiteError(PROTOCOL, `not a stack: ${error.message}`);
  }
  return network.executor.get({
    code: code ?? Cell.EMPTY,
    data: data ?? Cell.EMPTY,
    address: addressOf(workchain, id),
    balance: account.storage.balance.coins,
    methodId: Number(methodId),
    stack,
    now: holder.genUtime,
    config: network.ledger.config,
    randomSeed: blockIdOf(blockIdExt(holder.id)).rootHash,
  });
}

async function sendMessage({ network, faults }, { body }) {
  if (faults.get('lying_send')) return { _: 'liteServer.sendMsgStatus', status: 1 };
  try {
    await network.submit(body);
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    throw new LiteError(FAILURE, error.message);
  }
  return { _: 'liteServer.sendMsgStatus', status: 1 };
}
