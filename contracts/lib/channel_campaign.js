// Random lives of a channel against a model of what it ought to do. One seed is one life; a failure says which.

import assert from 'node:assert/strict'

import { beginCell } from '@ton/core'
import { createEmptyShardAccount } from '@ton/sandbox'

import { channelStatus, redeemBody, signCell, voucherCell } from './channel.js'
import { Random } from './random.js'
import { ChannelWorld, balanceOf, coin, exitCode, feesOf, keysOf, payoutValueMin, refusal, storageReserve, topUpFee } from './world.js'

const { fresh, open, closing, closed } = channelStatus
const gone = { epoch: 0, status: fresh, closesAt: 0, deposit: 0n, paid: 0n }
const least = (a, b) => (a < b ? a : b)

/** Where the coins of one step went, from the messages and fees that the executor reports. */
class Flow {
  constructor(world, { tx, rest }) {
    const compute = tx.description.computePhase
    const action = tx.description.actionPhase
    this.value = tx.inMessage.info.value.coins
    // Rent that is owed is taken from what comes before the contract sees it.
    this.came = tx.description.creditPhase?.credit.coins ?? this.value
    this.storage = tx.description.storagePhase?.storageFeesCollected ?? 0n
    this.gas = compute?.type === 'vm' ? compute.gasFees : 0n
    this.forward = action?.totalFwdFees ?? 0n
    this.fees = [tx, ...rest].reduce((sum, each) => sum + feesOf(each), 0n)
    this.inFlight = rest.reduce((sum, { inMessage }) => sum + inMessage.info.forwardFee, 0n)
    const sent = (to) => rest.filter(({ inMessage: { info } }) => info.src.equals(world.address) && info.dest.equals(to))
      .reduce((sum, { inMessage }) => sum + inMessage.info.value.coins, 0n)
    this.toPayee = sent(world.payee.address)
    this.toPayer = sent(world.payer.address)
  }
}

class Life {
  constructor(world, random) {
    this.world = world
    this.random = random
    this.model = gone
    this.bodies = []
    this.steps = []
  }

  get ends() {
    const { payer, payee, stranger } = this.world
    return [payer, payee, stranger].map(({ address }) => address)
  }

  async everything() {
    const all = [this.world.address, ...this.ends].map((address) => balanceOf(this.world.chain, address))
    return (await Promise.all(all)).reduce((sum, each) => sum + each, 0n)
  }

  value() {
    return this.random.oneIn(4) ? this.random.below(2n * payoutValueMin) : payoutValueMin + this.random.below(coin / 10n)
  }

  /** Sends, and holds what came of it against what the model expects: {code, state, payee, all}. */
  async step(name, body, options, expect) {
    const { world } = this
    this.steps.push(`${name} ${options.value}`)
    const before = await this.everything()
    const held = await balanceOf(world.chain, world.address)
    const result = await world.send(body, { init: world.init, bounce: this.random.oneIn(2), ...options })
    const flow = new Flow(world, result)
    const there = held + flow.came - flow.storage
    flow.came = least(flow.came, there)
    flow.held = there - flow.came
    const code = exitCode(result.tx)
    const left = await balanceOf(world.chain, world.address)
    assert.equal(await this.everything(), before + flow.value - flow.fees - flow.inFlight, 'coins came from nowhere or went there')

    // Too little gas to get to an answer: the code is not the contract's, and nothing may have changed.
    const ranDry = code === null || code === -14 || code === 13
    const wanted = ranDry ? undefined : expect(flow.held, flow.came)
    if (wanted !== undefined) assert.equal(code, wanted.code, 'another exit code')
    const done = code === 0 && result.tx.description.actionPhase?.success === true
    if (code === 0) assert.ok(done, 'a payout failed')
    if (done) this.settle(wanted, flow, left)
    await this.compare()
  }

  settle(wanted, flow, left) {
    this.model = { ...this.model, ...wanted.state }
    const change = flow.came - flow.gas - flow.forward
    if (wanted.payee !== undefined) {
      // The payee gets what it is owed, to the nano; after a redeem also what is left of the message's value.
      assert.equal(flow.toPayee, wanted.payee + (wanted.all ? 0n : change), 'another payment to the payee')
    }
    if (wanted.all) {
      assert.equal(flow.toPayer, flow.held - (wanted.payee ?? 0n) + change, 'another refund to the payer')
      assert.equal(left, 0n, 'something stayed behind')
    }
  }

  async compare() {
    const account = await this.world.account()
    if (account?.type !== 'active') {
      assert.deepEqual(this.model, gone)
      return
    }
    const { epoch, status, closesAt, deposit, paid } = await this.world.state()
    assert.deepEqual({ epoch, status, closesAt, deposit, paid }, this.model)
    assert.ok(paid <= deposit, 'more was paid than deposited')
  }

  topUp() {
    const { random, world, model } = this
    const value = random.oneIn(5) ? random.below(2n * storageReserve) : random.below(3n * coin)
    return this.step('top-up', undefined, { from: random.pick(this.ends), value }, (held, came) => {
      if (model.status === closed) return { code: refusal.wrongState }
      const deposit = model.paid + held + came - storageReserve - topUpFee
      if (deposit <= model.deposit) return { code: refusal.tooLittleValue }
      const opening = model.status === fresh ? { epoch: world.chain.now, status: open } : {}
      return { code: 0, state: { ...opening, deposit } }
    })
  }

  redeem() {
    const { random, world, model } = this
    const cumulative = random.oneIn(3) ? random.below(5n * coin) : model.paid + random.below(coin / 2n)
    const good = !random.oneIn(4)
    const change = good ? {} : random.pick([{ network: -3 }, { epoch: model.epoch + 1 }, { channel: world.payee.address }, {}])
    const keys = good || Object.keys(change).length > 0 ? world.payerKeys : keysOf(9)
    const voucher = { network: -239, channel: world.address, epoch: model.epoch, seq: random.bits64(), cumulative, context: Buffer.alloc(32, 1) }
    const signature = signCell(voucherCell({ ...voucher, ...change }), keys.secretKey)
    const body = redeemBody(voucher, signature)
    if (good) this.bodies.push({ body, cumulative, epoch: model.epoch })
    return this.claim('redeem', body, cumulative, good)
  }

  replay() {
    const { random, bodies, model } = this
    if (bodies.length === 0) return this.topUp()
    const { body, cumulative, epoch } = random.pick(bodies)
    return this.claim('replay', body, cumulative, epoch === model.epoch)
  }

  claim(name, body, cumulative, good) {
    const { model } = this
    const value = this.value()
    return this.step(`${name} ${cumulative}`, body, { from: this.random.pick(this.ends), value }, (held, came) => {
      if (came < payoutValueMin) return { code: refusal.tooLittleValue }
      if (!good) return { code: refusal.badSignature }
      const amount = least(least(cumulative, model.deposit) - model.paid, held)
      if (amount <= 0n) return { code: refusal.nothingToPay }
      return { code: 0, state: { paid: model.paid + amount }, payee: amount }
    })
  }

  startClose() {
    const { random, world, model } = this
    const from = random.pick(this.ends)
    const value = this.value()
    return this.step('start_close', beginCell().storeUint(0x43435343, 32).endCell(), { from, value }, () => {
      if (model.status !== open) return { code: refusal.wrongState }
      if (!from.equals(world.payer.address)) return { code: refusal.notThePayer }
      return { code: 0, state: { status: closing, closesAt: world.chain.now + world.terms.closeDelay } }
    })
  }

  finish() {
    const { random, world, model } = this
    const value = payoutValueMin + this.value()
    return this.step('finish', beginCell().storeUint(0x43434649, 32).endCell(), { from: random.pick(this.ends), value }, () => {
      if (model.status === closed) return { code: 0, state: {}, all: true }
      if (model.status !== closing) return { code: refusal.wrongState }
      if (world.chain.now < model.closesAt) return { code: refusal.tooEarly }
      return { code: 0, state: { status: closed, deposit: model.paid }, all: true }
    })
  }

  async coopClose() {
    const { random, world, model } = this
    const finalAmount = random.oneIn(3) ? random.below(3n * coin) : model.paid + random.below(model.deposit - model.paid + 1n)
    const good = !random.oneIn(3)
    const value = this.value()
    const body = world.coopCloseBody(model.epoch, finalAmount, good ? {} : random.pick([{ payerKeys: keysOf(9) }, { payeeKeys: keysOf(9) }]))
    return this.step(`coop_close ${finalAmount}`, body, { from: random.pick(this.ends), value }, (held, came) => {
      if (came < payoutValueMin) return { code: refusal.tooLittleValue }
      if (model.status !== open && model.status !== closing) return { code: refusal.wrongState }
      if (!good) return { code: refusal.badSignature }
      const amount = finalAmount - model.paid
      if (amount < 0n || finalAmount > model.deposit) return { code: refusal.wrongAmount }
      if (amount > held) return { code: refusal.nothingToPay }
      return { code: 0, state: { status: closed, paid: finalAmount, deposit: finalAmount }, payee: amount, all: true }
    })
  }

  junk() {
    const body = beginCell().storeUint(this.random.number(0xffff), 16 + this.random.number(40)).endCell()
    return this.step('junk', body, { from: this.random.pick(this.ends), value: this.value() }, () => ({ code: refusal.unknownMessage }))
  }

  async wait() {
    const day = 86_400
    this.world.chain.now += 1 + this.random.number(this.random.oneIn(12) ? 4 * 365 * day : 2 * day)
  }

  /** What rent may do in the end: the account vanishes, and anyone deploys it again. */
  async destroy() {
    if (!this.random.oneIn(5)) return this.wait()
    const { chain, address } = this.world
    await chain.setShardAccount(address, createEmptyShardAccount(address))
    chain.now += 1
    this.model = gone
  }

  async live(steps) {
    await this.topUp()
    for (let left = steps; left > 0; left -= 1) {
      const act = this.random.pick([
        this.topUp, this.redeem, this.redeem, this.redeem, this.replay, this.startClose, this.finish, this.coopClose, this.junk, this.wait,
        this.wait, this.destroy,
      ])
      await act.call(this)
    }
  }
}

/** One random life of `steps` operations; throws an error that names the seed. */
export async function runChannelLife(seed, steps) {
  const random = new Random(seed)
  const life = new Life(await ChannelWorld.create({ closeDelay: 1 + random.number(3 * 86_400), salt: BigInt(seed) }), random)
  try {
    await life.live(steps)
  } catch (error) {
    const last = life.steps.slice(-5).join(', ')
    throw new Error(`seed ${seed}, step ${life.steps.length} (${last}): ${error.message}`, { cause: error })
  }
}
