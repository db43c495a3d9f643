import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginCell, Cell } from '@ton/core';
import { toBoc } from './boc.js';

test('writes every length of data and shares equal cells', () => {
  const leaf = beginCell().storeUint(5, 3).endCell();
  for (let bits = 0; bits <= 1023; bits += 31) {
    const data = beginCell();
    for (let i = 0; i < bits; i++) data.storeBit(i % 3 === 0);
    const root = data.storeRef(leaf).storeRef(beginCell().storeUint(5, 3).endCell()).endCell();
    const boc = toBoc([root]);
    assert.ok(Cell.fromBoc(boc)[0].equals(root));
    assert.equal(boc[6], 2, 'two distinct cells');
  }
});

test('keeps the order of several roots, of which one may hold another', () => {
  const inner = beginCell().storeUint(1, 8).endCell();
  const outer = beginCell().storeUint(2, 8).storeRef(inner).endCell();
  for (const roots of [
    [inner, outer],
    [outer, inner],
    [outer, outer],
  ]) {
    assert.deepEqual(
      Cell.fromBoc(toBoc(roots)).map((cell) => cell.hash()),
      roots.map((cell) => cell.hash()),
    );
  }
});
