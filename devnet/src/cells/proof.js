// Merkle proofs and updates (TL-B merkle_proof#03, merkle_update#04): trees in which everything that need not be shown
// is a pruned branch, TON's library for it being CellUsageTree and MerkleProofBuilder.
import { beginCell, Cell, CellType } from '@ton/core';

/**
 * A proof of what `kept` shows below `root`.
 * @param {Cell} root
 * @param {Iterable<Cell>} kept cells of the tree to show; the root always is
 */
export function merkleProof(root, kept) {
  const shown = new Set(kept);
  shown.add(root);
  // A cell without references that is not shown stays as it is: its stand-in would be no smaller to speak of. So does TON.
  const pruned = prune(root, (cell) => shown.has(cell) || cell.refs.length === 0, 0);
  const builder = beginCell()
    .storeUint(CellType.MerkleProof, 8)
    .storeBuffer(root.hash(0))
    .storeUint(root.depth(0), 16);
  return builder.storeRef(pruned).endCell({ exotic: true });
}

/**
 * The update from one state to the next. What both have in common is pruned in both.
 * @param {Cell} before
 * @param {Cell} after
 * @param {WeakSet<Cell>} known cells of `before`, as far as `after` shares them; grows by the cells of `after`
 * @param {Set<string>} knownHashes hashes (latin1) of further cells of `before`, for parts that were parsed anew
 */
export function merkleUpdate(before, after, known, knownHashes) {
  const shared = new Set();
  const isShared = (cell) => {
    if (!known.has(cell) && !knownHashes.has(key(cell))) return false;
    shared.add(key(cell));
    return true;
  };
  const pruned = prune(after, (cell) => !isShared(cell), 0);
  const shown = new Set();
  if (shared.size > 0) findShared(before, shared, shown, new Set());
  shown.add(before);
  remember(after, known);
  return beginCell()
    .storeUint(CellType.MerkleUpdate, 8)
    .storeBuffer(before.hash(0))
    .storeBuffer(after.hash(0))
    .storeUint(before.depth(0), 16)
    .storeUint(after.depth(0), 16)
    .storeRef(prune(before, (cell) => shown.has(cell), 0))
    .storeRef(pruned)
    .endCell({ exotic: true });
}

/**
 * The new state that an update makes of an old one.
 * @throws {Error} if a pruned branch of the new state is not in the old one
 */
export function applyUpdate(update, before) {
  const known = new Map();
  const index = (cell) => {
    if (known.has(key(cell))) return;
    known.set(key(cell), cell);
    cell.refs.forEach(index);
  };
  index(before);
  const fill = (cell) => {
    if (!cell.isExotic || cell.type !== CellType.PrunedBranch) {
      return new Cell({ bits: cell.bits, refs: cell.refs.map(fill), exotic: cell.isExotic });
    }
    const found = known.get(cell.hash(0).toString('latin1'));
    if (!found) throw new Error('a pruned branch that the old state lacks');
    return found;
  };
  return fill(update.refs[1]);
}

// Marks the cells of `cell`'s tree that lie on a way to a shared one.
function findShared(cell, shared, shown, seen) {
  if (shared.has(key(cell))) return true;
  if (seen.has(cell)) return shown.has(cell);
  seen.add(cell);
  let found = false;
  for (const child of cell.refs) if (findShared(child, shared, shown, seen)) found = true;
  if (found) shown.add(cell);
  return found;
}

/** Adds every cell of a tree to `known`, stopping where it knows one already. */
export function remember(cell, known) {
  if (known.has(cell)) return;
  known.add(cell);
  for (const child of cell.refs) remember(child, known);
}

/** Adds the hashes of every cell of a tree to `hashes`. */
export function collectHashes(cell, hashes) {
  if (hashes.has(key(cell))) return;
  hashes.add(key(cell));
  for (const child of cell.refs) collectHashes(child, hashes);
}

function key(cell) {
  return cell.hash().toString('latin1');
}

function isMerkle(cell) {
  return cell.isExotic && (cell.type === CellType.MerkleProof || cell.type === CellType.MerkleUpdate);
}

function prune(cell, isShown, merkleDepth) {
  if (!isShown(cell)) return prunedBranch(cell, merkleDepth);
  const below = merkleDepth + (isMerkle(cell) ? 1 : 0);
  const refs = cell.refs.map((child) => prune(child, isShown, below));
  if (refs.every((child, i) => child === cell.refs[i])) return cell;
  return new Cell({ exotic: cell.isExotic, bits: cell.bits, refs });
}

/** pruned_branch: 01, the level mask, then hash and depth of the cell at each level below its own. */
export function prunedBranch(cell, merkleDepth) {
  const mask = cell.mask.value | (1 << merkleDepth);
  const builder = beginCell().storeUint(CellType.PrunedBranch, 8).storeUint(mask, 8);
  const levels = [0, 1, 2].filter((level) => mask & (1 << level));
  for (const level of levels) builder.storeBuffer(cell.hash(level));
  for (const level of levels) builder.storeUint(cell.depth(level), 16);
  return builder.endCell({ exotic: true });
}
