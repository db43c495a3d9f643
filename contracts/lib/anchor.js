// The anchor's layouts: docs/formats/anchor.md.

import { beginCell, contractAddress } from '@ton/core'
import { sign } from '@ton/crypto'

import { pinnedCode } from './compile.js'
import { emptyRoot } from './merkle.js'

const updateOpcode = 0x4343414e

/** log: {origin: text; logKey: Buffer of 32}; tree: {size: bigint; root: Buffer of 32; anchoredAt: seconds} */
export const anchorData = (log, tree = { size: 0n, root: emptyRoot, anchoredAt: 0 }) =>
  beginCell()
    .storeUint(tree.size, 64)
    .storeBuffer(tree.root, 32)
    .storeUint(tree.anchoredAt, 32)
    .storeBuffer(log.logKey, 32)
    .storeRef(beginCell().storeBuffer(Buffer.from(log.origin, 'utf8')))
    .endCell()

export const anchorInit = (log) => ({ code: pinnedCode('anchor'), data: anchorData(log) })

export const anchorAddress = (log, workchain = 0) => contractAddress(workchain, anchorInit(log))

export function readAnchor(data) {
  const root = data.beginParse()
  const anchor = {
    size: root.loadUintBig(64),
    root: root.loadBuffer(32),
    anchoredAt: root.loadUint(32),
    logKey: root.loadBuffer(32),
  }
  const origin = root.loadRef().beginParse()
  root.endParse()
  anchor.origin = origin.loadBuffer(origin.remainingBits / 8).toString('utf8')
  origin.endParse()
  return anchor
}

/** What a log signs: C2SP tlog-checkpoint without extensions. */
export const checkpointText = (origin, size, root) => Buffer.from(`${origin}\n${size}\n${root.toString('base64')}\n`, 'utf8')

export const signCheckpoint = (origin, size, root, secretKey) => sign(checkpointText(origin, size, root), secretKey)

/** A proof as cells: three hashes in each, the last ones innermost; null if there are none. */
export function proofCell(hashes) {
  let next = null
  for (let from = Math.floor((hashes.length - 1) / 3) * 3; from >= 0; from -= 3) {
    const cell = beginCell()
    for (const hash of hashes.slice(from, from + 3)) cell.storeBuffer(hash)
    if (next !== null) cell.storeRef(next)
    next = cell.endCell()
  }
  return next
}

export const updateBody = ({ size, root, signature, proof }) =>
  beginCell()
    .storeUint(updateOpcode, 32)
    .storeUint(size, 64)
    .storeBuffer(root, 32)
    .storeBuffer(signature, 64)
    .storeMaybeRef(proof)
    .endCell()
