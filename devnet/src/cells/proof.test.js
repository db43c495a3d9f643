import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginCell, Cell, CellType } from '@ton/core';
import { toBoc } from './boc.js';
import { applyUpdate, collectHashes, merkleProof, merkleUpdate, remember } from './proof.js';

function tree(depth, salt) {
  const builder = beginCell().storeUint(depth, 16).storeUint(salt, 32);
  if (depth > 0) builder.storeRef(tree(depth - 1, 2 * salt)).storeRef(tree(depth - 1, 2 * salt + 1));
  return builder.endCell();
}

test('a proof shows what was asked for and hashes to its root', () => {
  const root = tree(6, 1);
  const kept = [root.refs[0], root.refs[0].refs[1]];
  const proof = merkleProof(root, kept);
  const [read] = Cell.fromBoc(toBoc([proof]));
  assert.ok(read.refs[0].hash(0).equals(root.hash()));
  assert.equal(read.refs[0].refs[1].type, CellType.PrunedBranch);
  assert.deepEqual(read.refs[0].refs[0].refs[1].bits.toString(), kept[1].bits.toString());
});

test('an update makes the new state from the old one and little else', () => {
  const before = tree(8, 1);
  const known = new WeakSet();
  remember(before, known);
  const changed = beginCell().storeUint(0xc0ffee, 32).storeRef(before.refs[1].refs[0]).endCell();
  const after = beginCell()
    .storeUint(8, 16)
    .storeUint(1, 32)
    .storeRef(before.refs[0])
    .storeRef(changed)
    .endCell();
  const update = merkleUpdate(before, after, known, new Set());
  const [read] = Cell.fromBoc(toBoc([update]));
  assert.ok(applyUpdate(read, before).hash().equals(after.hash()));
  assert.ok(toBoc([update]).length < 500);
  assert.ok(known.has(changed));
});

test('an update recognises by hash what was parsed anew', () => {
  const before = tree(5, 1);
  const known = new WeakSet();
  remember(before, known);
  const hashes = new Set();
  collectHashes(before, hashes);
  const [copy] = Cell.fromBoc(toBoc([before.refs[0]]));
  const after = beginCell().storeUint(9, 16).storeRef(copy).endCell();
  const update = merkleUpdate(before, after, known, hashes);
  assert.equal(update.refs[1].refs[0].type, CellType.PrunedBranch);
  assert.ok(applyUpdate(update, before).hash().equals(after.hash()));
});
