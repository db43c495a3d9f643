// A chain with accounts on it, and what tests ask of it.

import assert from 'node:assert/strict'

import { contractAddress, internal } from '@ton/core'
import { keyPairFromSeed } from '@ton/crypto'
import { Blockchain } from '@ton/sandbox'

import {
  channelInit, coopCloseBody, finalAmountCell, finishBody, readChannel, redeemBody, signCell, startCloseBody, voucherCell,
} from './channel.js'

export const coin = 1_000_000_000n
export const startTime = 1_800_000_000
export const mainnet = -239
export const storageReserve = 50_000_000n
export const topUpFee = 2_000_000n
export const payoutValueMin = 10_000_000n

export const refusal = {
  wrongState: 100, notThePayer: 101, badSignature: 102, nothingToPay: 103, tooLittleValue: 104, tooEarly: 105, badTerms: 106,
  wrongAmount: 107, notTheOwner: 110, notTheGuardian: 111, notThere: 112, taken: 113, badDetails: 114, full: 115, notHigher: 116,
  notNewer: 120, notConsistent: 121,
  unknownMessage: 0xffff,
}

export const keysOf = (fill) => keyPairFromSeed(Buffer.alloc(32, fill))

export async function newChain() {
  const chain = await Blockchain.create()
  chain.now = startTime
  return chain
}

export const balanceOf = async (chain, address) => (await chain.getContract(address)).balance

/** The exit code of the transaction's code, or null if none ran. */
export const exitCode = (transaction) =>
  transaction.description.computePhase?.type === 'vm' ? transaction.description.computePhase.exitCode : null

export const gasUsed = (transaction) => transaction.description.computePhase.gasUsed

/** All fees that the transaction took: storage, gas, forwarding. */
export const feesOf = (transaction) => transaction.totalFees.coins

/** Runs what must be refused: with this exit code, and the contract's data as it was. */
export async function refused(world, code, act) {
  const before = (await world.data()).hash().toString('hex')
  const result = await act()
  assert.equal(exitCode(result.tx), code)
  assert.equal((await world.data()).hash().toString('hex'), before)
  return result
}

/** A channel on a chain, and its two ends. */
export class ChannelWorld {
  static async create({ closeDelay = 86_400, salt = 1n, chain } = {}) {
    const world = new ChannelWorld()
    world.chain = chain ?? (await newChain())
    world.payer = await world.chain.treasury('payer')
    world.payee = await world.chain.treasury('payee')
    world.stranger = await world.chain.treasury('stranger')
    world.payerKeys = keysOf(1)
    world.payeeKeys = keysOf(2)
    world.terms = {
      payer: world.payer.address, payee: world.payee.address, payerKey: world.payerKeys.publicKey,
      payeeKey: world.payeeKeys.publicKey, closeDelay, salt,
    }
    world.init = channelInit(world.terms)
    world.address = contractAddress(0, world.init)
    return world
  }

  /** The same ends and chain under the terms that `world` has now. */
  static withTerms(world) {
    const other = Object.assign(new ChannelWorld(), world)
    other.init = channelInit(other.terms)
    other.address = contractAddress(0, other.init)
    return other
  }

  /** Sends a message and returns the channel's transaction and those that followed. */
  async send(body, { from = this.stranger.address, value = coin / 20n, bounce = true, init, bounced } = {}) {
    const message = internal({ to: this.address, value, body, bounce, init })
    message.info.src = from
    message.info.bounced = bounced ?? false
    const { transactions } = await this.chain.sendMessage(message)
    return { tx: transactions[0], rest: transactions.slice(1) }
  }

  open(value = 2n * coin) {
    return this.topUp(value, { init: this.init })
  }

  topUp(value, options = {}) {
    return this.send(undefined, { from: this.payer.address, value, ...options })
  }

  async account() {
    return (await this.chain.getContract(this.address)).accountState
  }

  async data() {
    return (await this.account()).state.data
  }

  async state() {
    return readChannel(await this.data())
  }

  async voucher(cumulative, change = {}) {
    const { epoch } = await this.state()
    return { network: mainnet, channel: this.address, epoch, seq: 1n, cumulative, context: Buffer.alloc(32, 7), ...change }
  }

  signed(voucher, keys = this.payerKeys) {
    return redeemBody(voucher, signCell(voucherCell(voucher), keys.secretKey))
  }

  async redeem(cumulative, { change, keys, ...options } = {}) {
    return this.send(this.signed(await this.voucher(cumulative, change), keys), options)
  }

  startClose(options = {}) {
    return this.send(startCloseBody(), { from: this.payer.address, ...options })
  }

  finish(options = {}) {
    return this.send(finishBody(), options)
  }

  async coopClose(finalAmount, options) {
    return this.coopCloseAt((await this.state()).epoch, finalAmount, options)
  }

  coopCloseAt(epoch, finalAmount, { payerKeys, payeeKeys, change, ...options } = {}) {
    return this.send(this.coopCloseBody(epoch, finalAmount, { payerKeys, payeeKeys, change }), options)
  }

  /** Both sign the amount; `change` is what they sign differently from what is sent. */
  coopCloseBody(epoch, finalAmount, { payerKeys = this.payerKeys, payeeKeys = this.payeeKeys, change } = {}) {
    const cell = finalAmountCell({ network: mainnet, channel: this.address, epoch, finalAmount, ...change })
    return coopCloseBody(finalAmount, signCell(cell, payerKeys.secretKey), signCell(cell, payeeKeys.secretKey))
  }
}

export async function openedChannel(options) {
  const world = await ChannelWorld.create(options)
  await world.open(2n * coin)
  return world
}
