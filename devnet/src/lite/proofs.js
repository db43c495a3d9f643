// The Merkle proofs of a lite-server's answers, each showing what its mainnet counterpart shows.
import { merkleProof } from '../cells/proof.js';
import { toBoc } from '../cells/boc.js';
import { ChainConfig } from '../chain/config.js';
import { findInCells, keyOf, keyOfHash } from '../cells/hashmap.js';

/** block → header, with its references: that the block is what its id says. */
export function headerCells(root) {
  const info = root.refs[0];
  return [root, info, ...info.refs];
}

/** block → header and the state update's two hashes. */
function stateHashCells(root) {
  return [...headerCells(root), root.refs[2]];
}

export function headerProof(root) {
  return toBoc([merkleProof(root, headerCells(root))]);
}

/** Two roots: block to state, state to whatever `kept` shows of it. */
export function stateProof(root, state, kept) {
  return toBoc(stateProofRoots(root, state, kept));
}

export function stateProofRoots(root, state, kept) {
  return [merkleProof(root, stateHashCells(root)), merkleProof(state.root, [...headCells(state), ...kept])];
}

export function blockToStateProof(root) {
  return toBoc([merkleProof(root, stateHashCells(root))]);
}

// What a reader of any state opens on its way: the cell with totals and the reference to the masterchain.
function headCells(state) {
  return [state.root.refs[2]];
}

/** masterchain state → shard list. */
export function shardCells(state) {
  const extra = state.custom;
  const [hashes] = extra.refs;
  const tree = hashes.refs[0];
  return [extra, hashes, tree, ...tree.refs, extra.refs[2]];
}

/** state → account, found or absent. */
export function accountCells(state, key) {
  return [state.accountsCell, ...state.accounts.path(key)];
}

/** masterchain state → configuration parameters, with everything below those that are asked for. */
export function configCells(state, config, indexes) {
  const kept = [state.custom, state.custom.refs[2], ...config.cellsFor(indexes)];
  for (const index of indexes) if (config.get(index)) addTree(config.get(index), kept);
  return kept;
}

/** key block → the parameters that make the validators of its session: 28, 34 and, present or absent, 35. */
export function keyBlockConfigProof(root) {
  const extra = root.refs[3];
  const custom = extra.refs[3];
  const config = ChainConfig.read(custom.refs.at(-1));
  const kept = [...headerCells(root), extra, custom, ...config.cellsFor([28, 34, 35])];
  for (const index of [28, 34]) addTree(config.get(index), kept);
  return toBoc([merkleProof(root, kept)]);
}

/** block → the transactions that `wanted` names, each by account and lt, down to their hashes. */
export function transactionsProof(root, wanted) {
  const extra = root.refs[3];
  const holder = extra.refs[2];
  const kept = [...headerCells(root), extra, holder];
  for (const { account, lt } of wanted) kept.push(...findTransaction(holder, account, lt).cells);
  return toBoc([merkleProof(root, kept)]);
}

/** @returns {{ cells: import('@ton/core').Cell[], transaction: import('@ton/core').Cell | null }} */
export function transactionInBlock(root, account, lt) {
  return findTransaction(root.refs[3].refs[2], account, lt);
}

// ShardAccountBlocks → acc_trans#5 → its transactions, whose root node stands in the same cell.
function findTransaction(holder, account, lt) {
  const slice = holder.beginParse();
  if (!slice.loadBit()) return { cells: [holder], transaction: null };
  const top = slice.loadRef();
  const outer = findInCells(top, top.beginParse(), keyOfHash(account));
  if (!outer.slice) return { cells: [holder, ...outer.cells], transaction: null };
  skipCoins(outer.slice);
  outer.slice.skip(4 + 256);
  const inner = findInCells(outer.cells.at(-1), outer.slice, keyOf(lt, 64));
  const cells = [holder, ...outer.cells, ...inner.cells];
  if (!inner.slice) return { cells, transaction: null };
  skipCoins(inner.slice);
  return { cells, transaction: inner.slice.loadRef() };
}

function skipCoins(slice) {
  slice.loadCoins();
  slice.skip(1);
}

/** Adds a cell and everything below it. */
export function addTree(cell, into) {
  into.push(cell);
  for (const child of cell.refs) addTree(child, into);
}
