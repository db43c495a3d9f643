import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { beginCell, Dictionary } from '@ton/core';
import { findInCells, Hashmap, keyOf, readHashmap } from './hashmap.js';

const PLAIN = { keyBits: 64, writeValue: (builder, value) => builder.storeUint(value, 32) };
const SUMMED = {
  ...PLAIN,
  aug: { empty: 0n, of: BigInt, combine: (a, b) => a + b, write: (builder, sum) => builder.storeUint(sum, 64) },
};

// Deterministic keys, some of them close to each other.
function sampleKeys(count) {
  return Array.from({ length: count }, (_, i) => {
    const digest = createHash('sha256').update(`key ${i}`).digest();
    return i % 3 === 0 ? BigInt(i) : digest.readBigUInt64BE() >> BigInt(i % 40);
  });
}

test("writes the cells that @ton/core's Dictionary writes, after any inserts and deletes", () => {
  const keys = sampleKeys(300);
  let ours = new Hashmap(PLAIN);
  const theirs = Dictionary.empty(Dictionary.Keys.BigUint(64), Dictionary.Values.Uint(32));
  keys.forEach((key, i) => {
    ours = ours.set(keyOf(key, 64), i);
    theirs.set(key, i);
    if (i % 4 === 3) {
      ours = ours.delete(keyOf(keys[i - 2], 64));
      theirs.delete(keys[i - 2]);
    }
    if (i % 10 === 0) assert.ok(ours.cell.equals(beginCell().storeDictDirect(theirs).endCell()));
  });
  assert.equal(ours.size, theirs.size);
  const back = readHashmap(PLAIN, ours.cell, (slice) => slice.loadUint(32));
  assert.deepEqual([...back.entries()], [...ours.entries()]);
});

test('an older version stays what it was', () => {
  const before = sampleKeys(50).reduce((map, key, i) => map.set(keyOf(key, 64), i), new Hashmap(SUMMED));
  const hash = before.cell.hash();
  const after = before.set(keyOf(99_999n, 64), 7).delete(keyOf(0n, 64));
  assert.deepEqual(before.cell.hash(), hash);
  assert.equal(before.extra, (49n * 50n) / 2n);
  assert.equal(after.extra, before.extra + 7n);
});

test('finds in cells what it holds, and visits for it what its path names', () => {
  const keys = sampleKeys(100);
  const map = keys.reduce((all, key, i) => all.set(keyOf(key, 64), i), new Hashmap(PLAIN));
  for (const key of [...keys, 123_456_789n]) {
    const { cells, slice } = findInCells(map.cell, map.cell.beginParse(), keyOf(key, 64));
    assert.equal(slice?.loadUint(32), map.get(keyOf(key, 64)));
    assert.deepEqual(
      cells.map((cell) => cell.hash()),
      map.path(keyOf(key, 64)).map((cell) => cell.hash()),
    );
  }
});

test('deleting everything leaves an empty map', () => {
  const keys = sampleKeys(20).map((key) => keyOf(key, 64));
  const full = keys.reduce((map, key) => map.set(key, 1), new Hashmap(SUMMED));
  const empty = keys.reduce((map, key) => map.delete(key), full);
  assert.equal(empty.cell, null);
  assert.equal(empty.extra, 0n);
  assert.equal(empty.size, 0);
});
