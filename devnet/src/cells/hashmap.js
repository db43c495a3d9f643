// Persistent (augmented) hashmaps: TL-B `Hashmap n X` and `HashmapAug n X Y` as immutable tries whose cells are built
// when somebody asks for them and kept from then on. Two versions of a map share everything that did not change.
import { beginCell } from '@ton/core';

/**
 * What a map stores. `aug` is absent for a plain Hashmap.
 * @template V, E
 * @typedef {{ keyBits: number, writeValue: (builder: import('@ton/core').Builder, value: V) => void,
 *   aug?: { empty: E, of: (value: V) => E, combine: (left: E, right: E) => E,
 *           write: (builder: import('@ton/core').Builder, extra: E) => void } }} HashmapCodec
 */

/** Bits of an unsigned number, most significant first, as a string of 0 and 1: how keys are spelled here. */
export function keyOf(value, bits) {
  return BigInt.asUintN(bits, BigInt(value)).toString(2).padStart(bits, '0');
}

/** The key of a 32-byte hash. */
export function keyOfHash(hash) {
  return keyOf(`0x${hash.toString('hex')}`, 256);
}

/** The bytes of a key that is a multiple of eight bits long. */
export function bytesOfKey(key) {
  return Buffer.from(BigInt(`0b1${key}`).toString(16).slice(1), 'hex');
}

/** @template V, E */
export class Hashmap {
  /** @param {HashmapCodec<V, E>} codec */
  constructor(codec, root = null, size = 0) {
    this.codec = codec;
    this.root = root;
    this.size = size;
  }

  /** @returns {V | undefined} */
  get(key) {
    let node = this.root;
    for (let at = 0; node;) {
      if (!key.startsWith(node.label, at)) return undefined;
      at += node.label.length;
      if (!node.left) return node.value;
      node = key[at++] === '0' ? node.left : node.right;
    }
    return undefined;
  }

  /** @returns {Hashmap<V, E>} with `value` under `key`. */
  set(key, value) {
    if (key.length !== this.codec.keyBits) throw new RangeError(`a key of ${key.length} bits`);
    const known = this.get(key) !== undefined;
    return new Hashmap(this.codec, insert(this.codec, this.root, key, value), this.size + (known ? 0 : 1));
  }

  /** @returns {Hashmap<V, E>} without `key`. */
  delete(key) {
    if (this.get(key) === undefined) return this;
    return new Hashmap(this.codec, remove(this.codec, this.root, key), this.size - 1);
  }

  /** @returns {Generator<[string, V]>} entries in the order of their keys. */
  *entries(node = this.root, prefix = '') {
    if (!node) return;
    const here = prefix + node.label;
    if (!node.left) yield [here, node.value];
    else {
      yield* this.entries(node.left, `${here}0`);
      yield* this.entries(node.right, `${here}1`);
    }
  }

  /** The root cell, or null of an empty map. */
  get cell() {
    return this.root ? cellOf(this.codec, this.root, this.codec.keyBits) : null;
  }

  /** The augmentation of the whole map. */
  get extra() {
    return this.root ? this.root.extra : this.codec.aug.empty;
  }

  /** The cells that a search for `key` visits, present or absent: what a proof of the answer must show. */
  path(key) {
    const cells = [];
    let left = this.codec.keyBits;
    let node = this.root;
    for (let at = 0; node;) {
      cells.push(cellOf(this.codec, node, left));
      if (!key.startsWith(node.label, at) || !node.left) break;
      at += node.label.length + 1;
      left -= node.label.length + 1;
      node = key[at - 1] === '0' ? node.left : node.right;
    }
    return cells;
  }

  /** Writes `HashmapE n X` or `HashmapAugE n X Y`. */
  storeE(builder) {
    builder.storeMaybeRef(this.cell);
    if (this.codec.aug) this.codec.aug.write(builder, this.extra);
  }

  /** Writes the root node itself, as `Hashmap n X` and `HashmapAug n X Y` stand in a cell. The map is not empty. */
  storeInline(builder) {
    builder.storeSlice(this.cell.beginParse());
  }
}

function leaf(codec, label, value) {
  return { label, value, left: null, right: null, extra: codec.aug?.of(value), cell: null };
}

function fork(codec, label, left, right) {
  return { label, left, right, extra: codec.aug?.combine(left.extra, right.extra), cell: null };
}

function relabelled(node, label) {
  return { ...node, label, cell: null };
}

function insert(codec, node, key, value) {
  if (!node) return leaf(codec, key, value);
  const common = commonLength(node.label, key);
  if (common < node.label.length) {
    const old = relabelled(node, node.label.slice(common + 1));
    const fresh = leaf(codec, key.slice(common + 1), value);
    const [left, right] = key[common] === '0' ? [fresh, old] : [old, fresh];
    return fork(codec, key.slice(0, common), left, right);
  }
  if (!node.left) return leaf(codec, key, value);
  const rest = key.slice(common + 1);
  return key[common] === '0'
    ? fork(codec, node.label, insert(codec, node.left, rest, value), node.right)
    : fork(codec, node.label, node.left, insert(codec, node.right, rest, value));
}

function remove(codec, node, key) {
  if (!node.left) return null;
  const bit = key[node.label.length];
  const rest = key.slice(node.label.length + 1);
  const [side, other] = bit === '0' ? [node.left, node.right] : [node.right, node.left];
  const kept = remove(codec, side, rest);
  if (!kept) return relabelled(other, node.label + (bit === '0' ? '1' : '0') + other.label);
  return bit === '0' ? fork(codec, node.label, kept, other) : fork(codec, node.label, other, kept);
}

function commonLength(a, b) {
  const limit = Math.min(a.length, b.length);
  let at = 0;
  while (at < limit && a[at] === b[at]) at++;
  return at;
}

function cellOf(codec, node, bitsLeft) {
  if (node.cell) return node.cell;
  const builder = beginCell();
  storeLabel(builder, node.label, bitsLeft);
  if (node.left) {
    const below = bitsLeft - node.label.length - 1;
    builder.storeRef(cellOf(codec, node.left, below)).storeRef(cellOf(codec, node.right, below));
  }
  if (codec.aug) codec.aug.write(builder, node.extra);
  if (!node.left) codec.writeValue(builder, node.value);
  node.cell = builder.endCell();
  return node.cell;
}

// HmLabel in its shortest form: hml_same$11, hml_long$10 or hml_short$0.
function storeLabel(builder, label, bitsMax) {
  const length = label.length;
  const lengthBits = bitsMax.toString(2).length * (bitsMax > 0 ? 1 : 0);
  const isSame = length > 1 && !label.includes(label[0] === '0' ? '1' : '0');
  if (isSame && lengthBits < 2 * length - 1) {
    builder.storeUint(label[0] === '0' ? 6 : 7, 3).storeUint(length, lengthBits);
    return;
  }
  if (lengthBits < length) builder.storeUint(2, 2).storeUint(length, lengthBits);
  else builder.storeBit(0).storeUint((1n << BigInt(length + 1)) - 2n, length + 1);
  if (length > 0) builder.storeUint(BigInt(`0b${label}`), length);
}

/**
 * Reads a whole map back from its root cell.
 * @template V, E
 * @param {HashmapCodec<V, E>} codec
 * @param {import('@ton/core').Cell | null} root
 * @param {(slice: import('@ton/core').Slice) => V} readValue reads the value, after `skipExtra`
 * @param {(slice: import('@ton/core').Slice) => void} skipExtra
 */
export function readHashmap(codec, root, readValue, skipExtra = () => {}) {
  let size = 0;
  const read = (cell, bitsLeft) => {
    const slice = cell.beginParse();
    const label = loadLabel(slice, bitsLeft);
    const below = bitsLeft - label.length;
    let node;
    if (below === 0) {
      size++;
      skipExtra(slice);
      node = leaf(codec, label, readValue(slice));
    } else {
      node = fork(codec, label, read(slice.loadRef(), below - 1), read(slice.loadRef(), below - 1));
    }
    node.cell = cell;
    return node;
  };
  const top = root ? read(root, codec.keyBits) : null;
  return new Hashmap(codec, top, size);
}

/**
 * Searches a map as it stands in cells.
 * @param {import('@ton/core').Cell} cell that holds the root node
 * @param {import('@ton/core').Slice} slice of `cell`, at the node
 * @returns {{ cells: import('@ton/core').Cell[], slice: import('@ton/core').Slice | null }} the cells visited, and what
 *   follows the label of the leaf, or null if the key is absent
 */
export function findInCells(cell, slice, key) {
  const cells = [cell];
  for (let rest = key; ;) {
    const label = loadLabel(slice, rest.length);
    if (!rest.startsWith(label)) return { cells, slice: null };
    if (label.length === rest.length) return { cells, slice };
    const branches = [slice.loadRef(), slice.loadRef()];
    const next = branches[Number(rest[label.length])];
    cells.push(next);
    rest = rest.slice(label.length + 1);
    slice = next.beginParse();
  }
}

function loadLabel(slice, bitsMax) {
  const lengthBits = bitsMax > 0 ? bitsMax.toString(2).length : 0;
  if (!slice.loadBit()) {
    let length = 0;
    while (slice.loadBit()) length++;
    return loadBits(slice, length);
  }
  if (!slice.loadBit()) return loadBits(slice, slice.loadUint(lengthBits));
  const bit = slice.loadBit() ? '1' : '0';
  return bit.repeat(slice.loadUint(lengthBits));
}

function loadBits(slice, length) {
  return length === 0 ? '' : keyOf(slice.loadUintBig(length), length);
}
