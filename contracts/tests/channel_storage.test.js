import assert from 'node:assert/strict'
import { describe, test } from 'node:test'

import { createEmptyShardAccount } from '@ton/sandbox'

import { ChannelWorld, balanceOf, coin, exitCode, openedChannel, refusal, refused, storageReserve, topUpFee } from '../lib/world.js'

describe('storage fees', () => {
  // Fees of this many years eat more than the reserve.
  const years = (count) => Math.round(count * 365.25 * 86_400)

  test('are paid from the reserve for years', async () => {
    const world = await openedChannel()
    const { deposit } = await world.state()
    world.chain.now += years(3)
    await world.redeem(coin)
    assert.ok((await balanceOf(world.chain, world.address)) >= deposit - coin)
  })

  test('that ate into the deposit leave the payee what there is', async () => {
    const world = await ChannelWorld.create()
    await world.open(storageReserve + topUpFee + coin / 50n)
    const { deposit } = await world.state()
    world.chain.now += years(10)
    const body = world.signed(await world.voucher(deposit))
    assert.equal(exitCode((await world.send(body)).tx), 0)
    const { paid } = await world.state()
    assert.ok(paid > 0n && paid < deposit)
    assert.equal(await balanceOf(world.chain, world.address), 0n)
    await refused(world, refusal.nothingToPay, () => world.send(body))
    await world.topUp(coin)
    await world.send(body)
    assert.equal((await world.state()).paid, deposit)
  })

  test('freeze an emptied channel after decades, and its first state does not thaw it', async () => {
    const world = await openedChannel()
    await world.redeem(2n * coin)
    world.chain.now += years(60)
    await world.topUp(coin, { bounce: true })
    assert.equal((await world.account()).type, 'frozen')
    await world.open()
    assert.equal((await world.account()).type, 'frozen')
  })

  test('that destroyed a channel leave no voucher good for one deployed again', async () => {
    const world = await openedChannel()
    const old = world.signed(await world.voucher(coin))
    const { epoch } = await world.state()
    await world.chain.setShardAccount(world.address, createEmptyShardAccount(world.address))
    world.chain.now += 1
    await world.open()
    assert.ok((await world.state()).epoch > epoch)
    await refused(world, refusal.badSignature, () => world.send(old))
  })
})
