// Bags of cells with any number of roots, as lite-servers send them: no index, no checksum (TL-B serialized_boc#b5ee9c72).
import { BitBuilder } from '@ton/core';

/**
 * @param {import('@ton/core').Cell[]} roots
 * @returns {Buffer} each distinct cell once, parents before children
 */
export function toBoc(roots) {
  const { order, index } = sortCells(roots);
  const refBytes = bytesFor(order.length);
  const bodies = order.map((cell) => cellBytes(cell, index, refBytes));
  const size = bodies.reduce((sum, body) => sum + body.length, 0);
  const offsetBytes = bytesFor(size);
  const header = Buffer.alloc(6 + 3 * refBytes + offsetBytes + roots.length * refBytes);
  header.writeUInt32BE(0xb5ee9c72, 0);
  header[4] = refBytes;
  header[5] = offsetBytes;
  let at = 6;
  const put = (value, bytes) => {
    header.writeUIntBE(value, at, bytes);
    at += bytes;
  };
  put(order.length, refBytes);
  put(roots.length, refBytes);
  put(0, refBytes);
  put(size, offsetBytes);
  for (const root of roots) put(index.get(hashKey(root)), refBytes);
  return Buffer.concat([header, ...bodies]);
}

/** A bag with one root. */
export const cellToBoc = (cell) => toBoc([cell]);

function hashKey(cell) {
  return cell.hash().toString('latin1');
}

// Reversed post-order: every child has a higher index than all its parents.
function sortCells(roots) {
  const seen = new Set();
  const order = [];
  const visit = (cell) => {
    const key = hashKey(cell);
    if (seen.has(key)) return;
    seen.add(key);
    for (const child of cell.refs) visit(child);
    order.push(cell);
  };
  for (const root of [...roots].reverse()) visit(root);
  order.reverse();
  return { order, index: new Map(order.map((cell, at) => [hashKey(cell), at])) };
}

function cellBytes(cell, index, refBytes) {
  const data = paddedBits(cell.bits);
  const bytes = Buffer.alloc(2 + data.length + cell.refs.length * refBytes);
  bytes[0] = cell.refs.length + (cell.isExotic ? 8 : 0) + cell.mask.value * 32;
  bytes[1] = Math.floor(cell.bits.length / 8) + Math.ceil(cell.bits.length / 8);
  data.copy(bytes, 2);
  cell.refs.forEach((child, i) =>
    bytes.writeUIntBE(index.get(hashKey(child)), 2 + data.length + i * refBytes, refBytes),
  );
  return bytes;
}

function paddedBits(bits) {
  if (bits.length % 8 === 0) return bits.subbuffer(0, bits.length) ?? copyBits(bits, bits.length);
  return copyBits(bits, Math.ceil(bits.length / 8) * 8);
}

function copyBits(bits, length) {
  const builder = new BitBuilder(length);
  builder.writeBits(bits);
  if (length > bits.length) {
    builder.writeBit(true);
    while (builder.length < length) builder.writeBit(false);
  }
  return builder.build().subbuffer(0, length);
}

function bytesFor(value) {
  return Math.max(1, Math.ceil(value.toString(2).length / 8));
}
