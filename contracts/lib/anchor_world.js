// A log and its anchor on a chain.

import { internal } from '@ton/core'
import { createShardAccount } from '@ton/sandbox'

import { anchorAddress, anchorData, anchorInit, proofCell, readAnchor, signCheckpoint, updateBody } from './anchor.js'
import { pinnedCode } from './compile.js'
import { consistencyProof, leafHash, treeRoot } from './merkle.js'
import { coin, keysOf, newChain } from './world.js'

/** Leaf hashes of a log of `count` entries; another `branch` is another log. */
export const leavesOf = (count, branch = 0) => Array.from({ length: count }, (_, index) => leafHash(Buffer.from([branch, index >> 8, index])))

export class AnchorWorld {
  static async create({ origin = 'log.example/one' } = {}) {
    const world = new AnchorWorld()
    world.chain = await newChain()
    world.keys = keysOf(8)
    world.log = { origin, logKey: world.keys.publicKey }
    world.init = anchorInit(world.log)
    world.address = anchorAddress(world.log)
    world.sender = (await world.chain.treasury('sender')).address
    return world
  }

  /** Puts the anchor where a test begins. */
  async place(size, root) {
    const account = {
      address: this.address, code: pinnedCode('anchor'), data: anchorData(this.log, { size: BigInt(size), root, anchoredAt: 0 }),
      balance: coin, workchain: 0,
    }
    await this.chain.setShardAccount(this.address, createShardAccount(account))
  }

  async send(body, { value = coin / 10n, bounced = false, from = this.sender } = {}) {
    const outer = internal({ to: this.address, value, body, bounce: !bounced, init: this.init })
    outer.info.src = from
    outer.info.bounced = bounced
    const { transactions } = await this.chain.sendMessage(outer)
    return { tx: transactions[0], rest: transactions.slice(1) }
  }

  /** Brings a checkpoint as the log would sign it; `proof` is a list of hashes. */
  update(size, root, proof, { keys = this.keys, origin = this.log.origin, signed = {}, ...options } = {}) {
    const signature = signCheckpoint(origin, signed.size ?? size, signed.root ?? root, keys.secretKey)
    return this.send(updateBody({ size: BigInt(size), root, signature, proof: proofCell(proof) }), options)
  }

  grow(first, leaves, options) {
    return this.update(leaves.length, treeRoot(leaves), consistencyProof(first, leaves), options)
  }

  async data() {
    return (await this.chain.getContract(this.address)).accountState.state.data
  }

  async state() {
    return readAnchor(await this.data())
  }
}
