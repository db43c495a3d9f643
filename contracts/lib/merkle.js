// RFC 9162 Merkle trees over a few leaves: roots and consistency proofs, straight from section 2.1's definitions.

import { createHash } from 'node:crypto'

const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

export const emptyRoot = sha256()
export const leafHash = (entry) => sha256(Buffer.from([0]), entry)
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right)

/** The largest power of two below n. */
const split = (n) => 2 ** Math.ceil(Math.log2(n) - 1)

/** The root over leaf hashes. */
export function treeRoot(leaves) {
  if (leaves.length === 0) return emptyRoot
  if (leaves.length === 1) return leaves[0]
  const k = split(leaves.length)
  return nodeHash(treeRoot(leaves.slice(0, k)), treeRoot(leaves.slice(k)))
}

/** PROOF(first, leaves), section 2.1.4.1: hashes that lead from the tree of the first ones to the whole. */
export const consistencyProof = (first, leaves) => (first === 0 ? [] : subproof(first, leaves, true))

function subproof(first, leaves, whole) {
  if (first === leaves.length) return whole ? [] : [treeRoot(leaves)]
  const k = split(leaves.length)
  return first <= k
    ? [...subproof(first, leaves.slice(0, k), whole), treeRoot(leaves.slice(k))]
    : [...subproof(first - k, leaves.slice(k), false), treeRoot(leaves.slice(0, k))]
}
