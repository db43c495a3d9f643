import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { Address, beginCell } from '@ton/core'
import { createShardAccount } from '@ton/sandbox'

import { channelStatus, redeemBody, signCell, voucherCell } from '../lib/channel.js'
import {
  ChannelWorld, balanceOf, coin, exitCode, feesOf, gasUsed, keysOf, openedChannel, payoutValueMin, refusal, refused, startTime,
  storageReserve, topUpFee,
} from '../lib/world.js'

describe('a channel', () => {
  test('credits its first top-up less reserve and fee, and takes its time as its epoch', async () => {
    const world = await openedChannel()
    const state = await world.state()
    assert.equal(state.status, channelStatus.open)
    assert.equal(state.epoch, startTime)
    assert.equal(state.deposit, 2n * coin - storageReserve - topUpFee)
    assert.equal(state.paid, 0n)
    assert.ok((await balanceOf(world.chain, world.address)) >= state.deposit + storageReserve)
  })

  test('is topped up by anyone, with a plain transfer', async () => {
    const world = await openedChannel()
    const before = await world.state()
    await world.send(undefined, { from: world.stranger.address, value: coin, bounce: false })
    const after = await world.state()
    const left = (await balanceOf(world.chain, world.address)) - storageReserve - after.deposit
    assert.ok(after.deposit - before.deposit >= coin - topUpFee)
    assert.ok(left >= 0n && left < topUpFee)
    assert.equal(after.epoch, before.epoch)
  })

  test('makes good its storage fees from a top-up before it credits anything', async () => {
    const world = await openedChannel()
    world.chain.now += 3 * 365 * 86_400
    await world.topUp(coin)
    const state = await world.state()
    assert.ok(state.deposit < 3n * coin - storageReserve - 2n * topUpFee)
    assert.ok((await balanceOf(world.chain, world.address)) >= state.deposit + storageReserve)
  })

  test('refuses a top-up that would add nothing', async () => {
    const world = await openedChannel()
    await refused(world, refusal.tooLittleValue, () => world.topUp(topUpFee / 2n))
  })

  test('does not open with less than its reserve', async () => {
    const world = await ChannelWorld.create()
    const { tx } = await world.open(storageReserve)
    assert.equal(exitCode(tx), refusal.tooLittleValue)
  })

  test('does not open with a delay of more than thirty days', async () => {
    const world = await ChannelWorld.create({ closeDelay: 30 * 86_400 + 1 })
    assert.equal(exitCode((await world.open()).tx), refusal.badTerms)
    const longest = await ChannelWorld.create({ closeDelay: 30 * 86_400 })
    assert.equal(exitCode((await longest.open()).tx), 0)
  })

  test('refuses what it does not know, and what comes from outside', async () => {
    const world = await openedChannel()
    await refused(world, refusal.unknownMessage, () => world.send(beginCell().storeUint(7, 32).endCell()))
    await refused(world, refusal.unknownMessage, () => world.send(beginCell().storeUint(0, 8).endCell()))
    await assert.rejects(
      world.chain.sendMessage({
        info: { type: 'external-in', dest: world.address, importFee: 0n },
        body: world.signed(await world.voucher(coin)),
      }),
    )
  })

  test('ignores a message that says it bounced', async () => {
    const world = await openedChannel()
    await refused(world, 0, async () =>
      world.send(world.signed(await world.voucher(coin)), { from: world.payee.address, bounced: true, bounce: false }))
    await refused(world, 0, () => world.startClose({ bounced: true, bounce: false }))
  })
})

describe('redeem', () => {
  test('pays the fixed payee what the voucher adds, whoever sends it', async () => {
    const world = await openedChannel()
    const payee = await balanceOf(world.chain, world.payee.address)
    const held = await balanceOf(world.chain, world.address)
    const value = coin / 20n
    const { tx, rest } = await world.redeem(coin / 2n, { value })
    assert.equal(exitCode(tx), 0)
    assert.equal((await world.state()).paid, coin / 2n)
    assert.equal(await balanceOf(world.chain, world.address), held - coin / 2n)
    const forward = rest[0].inMessage.info.forwardFee
    const got = (await balanceOf(world.chain, world.payee.address)) - payee
    assert.equal(got, coin / 2n + value - feesOf(tx) - forward - feesOf(rest[0]))
    assert.ok(got > coin / 2n)
  })

  test('takes at most 4,000 gas', async () => {
    const world = await openedChannel()
    assert.ok(gasUsed((await world.redeem(coin)).tx) <= 4_000n)
    assert.ok(gasUsed((await world.redeem(coin + 1n)).tx) <= 4_000n)
  })

  test('is cumulative: a later voucher pays the difference only', async () => {
    const world = await openedChannel()
    await world.redeem(coin / 2n)
    const { rest } = await world.redeem(coin)
    assert.ok(rest[0].inMessage.info.value.coins - coin / 2n < coin / 20n)
    assert.equal((await world.state()).paid, coin)
  })

  test('refuses a replay and an older voucher that comes late', async () => {
    const world = await openedChannel()
    const old = world.signed(await world.voucher(coin / 4n))
    const newer = world.signed(await world.voucher(coin / 2n, { seq: 2n }))
    assert.equal(exitCode((await world.send(newer)).tx), 0)
    await refused(world, refusal.nothingToPay, () => world.send(newer))
    await refused(world, refusal.nothingToPay, () => world.send(old))
  })

  test('refuses a voucher for another network, channel, workchain or epoch', async () => {
    const world = await openedChannel()
    const { epoch } = await world.state()
    const elsewhere = new Address(0, Buffer.alloc(32, 9))
    for (const change of [
      { network: -3 }, { network: -777 }, { channel: elsewhere }, { channel: new Address(-1, world.address.hash) },
      { epoch: epoch - 1 }, { epoch: epoch + 1 }, { epoch: 0 },
    ]) {
      await refused(world, refusal.badSignature, () => world.redeem(coin, { change }))
    }
    const twin = await openedChannel({ chain: world.chain, salt: 2n })
    assert.notDeepEqual(twin.address.hash, world.address.hash)
    const foreign = twin.signed(await twin.voucher(coin))
    await refused(world, refusal.badSignature, () => world.send(foreign))
    assert.equal(exitCode((await twin.send(foreign)).tx), 0)
  })

  test('refuses what the payer did not sign', async () => {
    const world = await openedChannel()
    await refused(world, refusal.badSignature, () => world.redeem(coin, { keys: keysOf(3) }))
    await refused(world, refusal.badSignature, () => world.redeem(coin, { keys: world.payeeKeys }))
    const voucher = await world.voucher(coin / 2n)
    const signature = signCell(voucherCell(voucher), world.payerKeys.secretKey)
    for (const change of [{ seq: 2n }, { cumulative: coin }, { context: Buffer.alloc(32) }]) {
      await refused(world, refusal.badSignature, () => world.send(redeemBody({ ...voucher, ...change }, signature)))
    }
    const whole = redeemBody(voucher, signature)
    await refused(world, refusal.badSignature, () =>
      world.send(beginCell().storeSlice(whole.asSlice()).storeBit(1).endCell()))
    await refused(world, refusal.badSignature, () =>
      world.send(beginCell().storeSlice(whole.asSlice()).storeRef(beginCell()).endCell()))
  })

  test('refuses a message whose value might not carry the payment', async () => {
    const world = await openedChannel()
    await refused(world, refusal.tooLittleValue, () => world.redeem(coin, { value: payoutValueMin - 1n }))
    assert.equal(exitCode((await world.redeem(coin, { value: payoutValueMin })).tx), 0)
  })

  test('leaves everything as it was when gas runs out', async () => {
    const world = await openedChannel()
    const before = (await world.account()).state.data.hash()
    const { tx } = await world.redeem(coin, { value: 100_000n })
    assert.ok(tx.description.aborted)
    assert.deepEqual((await world.account()).state.data.hash(), before)
  })

  test('pays up to the deposit, and the rest after a top-up', async () => {
    const world = await openedChannel()
    const { deposit } = await world.state()
    const body = world.signed(await world.voucher(3n * coin))
    await world.send(body)
    assert.equal((await world.state()).paid, deposit)
    await refused(world, refusal.nothingToPay, () => world.send(body))
    await world.topUp(2n * coin)
    await world.send(body)
    assert.equal((await world.state()).paid, 3n * coin)
  })

  test('pays a payee whose wallet does not exist yet', async () => {
    const world = await ChannelWorld.create()
    world.terms.payee = new Address(0, Buffer.alloc(32, 5))
    const fresh = await ChannelWorld.withTerms(world)
    await fresh.open()
    const { rest } = await fresh.redeem(coin)
    assert.equal(rest.length, 1)
    assert.ok((await balanceOf(fresh.chain, fresh.terms.payee)) >= coin)
  })

  test('pays a payee whose contract throws: nothing comes back', async () => {
    const world = await openedChannel()
    const code = (await world.account()).state.code
    await world.chain.setShardAccount(
      world.payee.address,
      createShardAccount({ address: world.payee.address, code, data: beginCell().endCell(), balance: coin, workchain: 0 }),
    )
    const { rest } = await world.redeem(coin)
    assert.equal(rest.length, 1)
    assert.ok(rest[0].description.aborted)
    assert.ok((await balanceOf(world.chain, world.payee.address)) > 2n * coin - coin / 10n)
    assert.equal((await world.state()).paid, coin)
  })

  test('needs a channel that was opened', async () => {
    const world = await ChannelWorld.create()
    const voucher = { network: -239, channel: world.address, epoch: 0, seq: 1n, cumulative: coin, context: Buffer.alloc(32) }
    const { tx } = await world.send(world.signed(voucher), { init: world.init })
    assert.equal(exitCode(tx), refusal.nothingToPay)
  })
})

describe('closing', () => {
  test('starts by the payer alone, once', async () => {
    const world = await openedChannel()
    for (const from of [world.payee.address, world.stranger.address]) {
      await refused(world, refusal.notThePayer, () => world.startClose({ from }))
    }
    await world.startClose()
    const state = await world.state()
    assert.equal(state.status, channelStatus.closing)
    assert.equal(state.closesAt, startTime + 86_400)
    world.chain.now += 1
    await refused(world, refusal.wrongState, () => world.startClose())
  })

  test('finishes when its time has come, and sends the payer all there is', async () => {
    const world = await openedChannel()
    await refused(world, refusal.wrongState, () => world.finish())
    await world.redeem(coin / 2n)
    await world.startClose()
    world.chain.now += 86_399
    await refused(world, refusal.tooEarly, () => world.finish())
    world.chain.now += 1
    const held = await balanceOf(world.chain, world.address)
    const before = await balanceOf(world.chain, world.payer.address)
    const { tx, rest } = await world.finish({ value: coin / 20n })
    const got = (await balanceOf(world.chain, world.payer.address)) - before
    assert.equal(got, held + coin / 20n - feesOf(tx) - rest[0].inMessage.info.forwardFee - feesOf(rest[0]))
    assert.equal(await balanceOf(world.chain, world.address), 0n)
    const state = await world.state()
    assert.equal(state.status, channelStatus.closed)
    assert.equal(state.deposit, state.paid)
    assert.equal((await world.account()).type, 'active')
  })

  test('lets the payee redeem until it is finished, however late', async () => {
    const world = await openedChannel()
    await world.startClose()
    await world.redeem(coin / 2n)
    world.chain.now += 10 * 86_400
    assert.equal(exitCode((await world.redeem(coin)).tx), 0)
    assert.equal((await world.state()).paid, coin)
    await world.finish()
    await refused(world, refusal.nothingToPay, () => world.redeem(coin + coin / 4n))
  })

  test('takes top-ups while it closes, and none afterwards', async () => {
    const world = await openedChannel()
    await world.startClose()
    const before = await world.state()
    await world.topUp(coin)
    const after = await world.state()
    assert.ok(after.deposit > before.deposit)
    assert.equal(after.closesAt, before.closesAt)
    world.chain.now += 86_400
    await world.finish()
    const { rest } = await refused(world, refusal.wrongState, () => world.topUp(coin))
    assert.ok(rest[0].inMessage.info.bounced)
  })

  test('never opens again, and passes on to the payer what strays in', async () => {
    const world = await openedChannel()
    await world.startClose()
    world.chain.now += 86_400
    await world.finish()
    await refused(world, refusal.wrongState, () => world.startClose())
    await refused(world, refusal.wrongState, () => world.coopClose(coin))
    await world.send(beginCell().storeUint(1, 32).endCell(), { value: coin, bounce: false })
    assert.ok((await balanceOf(world.chain, world.address)) > coin - coin / 100n)
    await refused(world, refusal.nothingToPay, () => world.redeem(coin))
    const before = await balanceOf(world.chain, world.payer.address)
    await world.finish()
    assert.ok((await balanceOf(world.chain, world.payer.address)) - before > coin - coin / 100n)
    assert.equal(await balanceOf(world.chain, world.address), 0n)
  })
})

describe('a close by both', () => {
  test('pays what was agreed and refunds the rest at once', async () => {
    const world = await openedChannel()
    await world.redeem(coin / 4n)
    const payee = await balanceOf(world.chain, world.payee.address)
    const { tx, rest } = await world.coopClose(coin)
    assert.equal(exitCode(tx), 0)
    assert.equal(rest.length, 2)
    assert.equal(rest[0].inMessage.info.value.coins, (coin * 3n) / 4n)
    assert.equal((await balanceOf(world.chain, world.payee.address)) - payee, (coin * 3n) / 4n - feesOf(rest[0]))
    assert.deepEqual(rest[1].inMessage.info.dest.hash, world.payer.address.hash)
    assert.equal(await balanceOf(world.chain, world.address), 0n)
    const state = await world.state()
    assert.deepEqual([state.status, state.paid, state.deposit], [channelStatus.closed, coin, coin])
  })

  test('needs no payment, and works while closing', async () => {
    const world = await openedChannel()
    await world.redeem(coin)
    await world.startClose()
    const { rest } = await world.coopClose(coin)
    assert.equal(rest.length, 1)
    assert.deepEqual(rest[0].inMessage.info.dest.hash, world.payer.address.hash)
    await refused(world, refusal.wrongState, () => world.coopClose(coin))
  })

  test('needs both signatures over this amount, network, channel and epoch', async () => {
    const world = await openedChannel()
    await refused(world, refusal.badSignature, () => world.coopClose(coin, { payerKeys: world.payeeKeys }))
    await refused(world, refusal.badSignature, () => world.coopClose(coin, { payeeKeys: world.payerKeys }))
    for (const change of [
      { finalAmount: coin + 1n }, { network: -3 }, { epoch: 1 }, { channel: new Address(0, Buffer.alloc(32, 9)) },
      { channel: new Address(-1, world.address.hash) },
    ]) {
      await refused(world, refusal.badSignature, () => world.coopClose(coin, { change }))
    }
  })

  test('refuses less than was paid, more than the deposit, and too little value', async () => {
    const world = await openedChannel()
    await world.redeem(coin)
    const { deposit } = await world.state()
    await refused(world, refusal.wrongAmount, () => world.coopClose(coin - 1n))
    await refused(world, refusal.wrongAmount, () => world.coopClose(deposit + 1n))
    await refused(world, refusal.tooLittleValue, () => world.coopClose(coin, { value: payoutValueMin - 1n }))
    assert.equal(exitCode((await world.coopClose(deposit)).tx), 0)
  })

  test('does not exist before the channel is open', async () => {
    const world = await ChannelWorld.create()
    const { tx } = await world.coopCloseAt(0, 0n, { init: world.init })
    assert.equal(exitCode(tx), refusal.wrongState)
  })
})
