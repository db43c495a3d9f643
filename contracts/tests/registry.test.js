import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'

import { Address, beginCell } from '@ton/core'

import { change, listKind, message, nameCell, parametersCell, platformCell, proxyDetailsCell, readName } from '../lib/registry.js'
import { RegistryWorld, parametersOfTests, registrationFee, withdrawalValueMin } from '../lib/registry_world.js'
import { balanceOf, coin, exitCode, keysOf, refusal, refused, startTime } from '../lib/world.js'

const day = 86_400
const keyOf = (fill) => Buffer.alloc(32, fill)

async function done(act) {
  const result = await act
  assert.equal(exitCode(result.tx), 0)
  assert.ok(result.tx.description.actionPhase.success)
  return result
}

describe('additions', () => {
  test('are visible while they wait, and count when their time has come', async () => {
    const world = await RegistryWorld.create()
    await done(world.propose(change.addEntry(listKind.models, keyOf(1), nameCell('small'))))
    let state = await world.state()
    assert.equal(state.lists.models.size, 0)
    assert.equal(state.pending.get(0n).appliesAt, startTime + 2 * day)
    world.chain.now += 2 * day - 1
    await refused(world, refusal.tooEarly, () => world.send(world.owner, message.apply(0n)))
    world.chain.now += 1
    await done(world.send(world.stranger, message.apply(0n)))
    state = await world.state()
    assert.equal(readName(state.lists.models.get(keyOf(1))), 'small')
    assert.equal(state.pending.size, 0)
    await refused(world, refusal.notThere, () => world.send(world.stranger, message.apply(0n)))
  })

  test('go to the list they name', async () => {
    for (const [name, kind] of Object.entries(listKind)) {
      const world = await RegistryWorld.create()
      await done(world.decide(change.addEntry(kind, keyOf(2), nameCell(name))))
      const { lists } = await world.state()
      for (const [other, list] of Object.entries(lists)) assert.equal(list.size, other === name ? 1 : 0)
      assert.equal(readName(lists[name].get(keyOf(2))), name)
      await done(world.send(world.guardian, message.removeEntry(kind, keyOf(2))))
      assert.equal((await world.state()).lists[name].size, 0)
    }
  })

  test('are proposed by the owner alone', async () => {
    const world = await RegistryWorld.create()
    const what = change.addEntry(listKind.models, keyOf(1), nameCell('small'))
    for (const from of [world.guardian, world.stranger]) await refused(world, refusal.notTheOwner, () => world.propose(what, from))
  })

  test('are cancelled by the owner or the guardian, by nobody else', async () => {
    const world = await RegistryWorld.create()
    const what = change.addEntry(listKind.roots, keyOf(1), nameCell('root'))
    await world.propose(what)
    await world.propose(what)
    await refused(world, refusal.notTheGuardian, () => world.send(world.stranger, message.cancel(0n)))
    await done(world.send(world.guardian, message.cancel(0n)))
    await done(world.send(world.owner, message.cancel(1n)))
    await refused(world, refusal.notThere, () => world.send(world.owner, message.cancel(1n)))
    world.chain.now += 3 * day
    await refused(world, refusal.notThere, () => world.send(world.owner, message.apply(0n)))
    assert.equal((await world.state()).nextId, 2n)
  })

  test('that could never be applied are refused at once', async () => {
    const world = await RegistryWorld.create()
    const unknownKind = change.addEntry(9, keyOf(1), nameCell('x'))
    const trailing = beginCell().storeSlice(change.unbanProxy(keyOf(1)).asSlice()).storeBit(1).endCell()
    for (const what of [beginCell().storeUint(99, 8).endCell(), unknownKind, trailing, beginCell().endCell()]) {
      const before = (await world.data()).hash()
      assert.notEqual(exitCode((await world.propose(what)).tx), 0)
      assert.deepEqual((await world.data()).hash(), before)
    }
  })
})

describe('the guardian', () => {
  test('removes entries at once; so does the owner, and nobody else', async () => {
    const world = await RegistryWorld.create()
    await world.addModel(keyOf(1), 'one')
    await world.addModel(keyOf(2), 'two')
    await refused(world, refusal.notTheGuardian, () => world.send(world.stranger, message.removeEntry(listKind.models, keyOf(1))))
    await done(world.send(world.guardian, message.removeEntry(listKind.models, keyOf(1))))
    await done(world.send(world.owner, message.removeEntry(listKind.models, keyOf(2))))
    assert.equal((await world.state()).lists.models.size, 0)
    await refused(world, refusal.notThere, () => world.send(world.guardian, message.removeEntry(listKind.models, keyOf(1))))
  })

  test('bans platforms at once; a ban is lifted like an addition', async () => {
    const world = await RegistryWorld.create()
    const id = Buffer.alloc(16, 4)
    const key = createHash('sha256').update(id).digest()
    await refused(world, refusal.notTheGuardian, () => world.send(world.stranger, message.banPlatform(key, platformCell(id))))
    await done(world.send(world.guardian, message.banPlatform(key, platformCell(id))))
    assert.deepEqual((await world.state()).platformBans.get(key).hash(), platformCell(id).hash())
    await done(world.decide(change.unbanPlatform(key)))
    assert.equal((await world.state()).platformBans.size, 0)
  })

  test('raises the floor at once and never lowers it; what waited before cannot lower it either', async () => {
    const world = await RegistryWorld.create()
    await world.propose(change.setParameters({ ...parametersOfTests, evaluationNumberMin: 18, keyEpoch: 1800 }))
    await refused(world, refusal.notHigher, () => world.send(world.guardian, message.raiseFloor(17)))
    await refused(world, refusal.notTheGuardian, () => world.send(world.stranger, message.raiseFloor(19)))
    await done(world.send(world.guardian, message.raiseFloor(19)))
    await refused(world, refusal.notHigher, () => world.send(world.guardian, message.raiseFloor(18)))
    world.chain.now += 2 * day
    await done(world.send(world.stranger, message.apply(0n)))
    const { parameters } = await world.state()
    assert.deepEqual([parameters.evaluationNumberMin, parameters.keyEpoch], [19, 1800])
    await done(world.decide(change.setFloor(18)))
    assert.equal((await world.state()).parameters.evaluationNumberMin, 18)
  })

  test('can do nothing else, and cannot keep itself in office', async () => {
    const world = await RegistryWorld.create()
    await world.propose(change.setGuardian(world.stranger))
    await world.propose(change.setOwner(world.operator))
    await world.propose(change.setParameters(parametersOfTests))
    for (const id of [0n, 1n, 2n]) {
      await refused(world, refusal.notTheOwner, () => world.send(world.guardian, message.cancel(id)))
    }
    world.chain.now += 2 * day
    await done(world.send(world.stranger, message.apply(0n)))
    await refused(world, refusal.notTheGuardian, () => world.send(world.guardian, message.raiseFloor(99)))
    await done(world.send(world.stranger, message.raiseFloor(99)))
  })
})

describe('the owner', () => {
  test('changes after the delay, and the old one has no say any more', async () => {
    const world = await RegistryWorld.create()
    await done(world.decide(change.setOwner(world.operator)))
    await refused(world, refusal.notTheOwner, () => world.propose(change.setFloor(1)))
    await done(world.propose(change.setFloor(1), world.operator))
  })

  test('sets no delay that would defeat the time lock, or hold stakes for ever', async () => {
    const world = await RegistryWorld.create()
    for (const wrong of [{ additionDelay: 3599 }, { additionDelay: 91 * day }, { unstakeDelay: 91 * day }]) {
      await refused(world, refusal.badTerms, () => world.propose(change.setParameters({ ...parametersOfTests, ...wrong })))
    }
    const parameters = { ...parametersOfTests, additionDelay: 3600, stakeMin: 7n }
    await done(world.decide(change.setParameters(parameters)))
    assert.deepEqual(parametersCell((await world.state()).parameters).hash(), parametersCell(parameters).hash())
  })
})

describe('a proxy', () => {
  test('registers itself behind a stake', async () => {
    const world = await RegistryWorld.create()
    await done(world.register())
    const state = await world.state()
    const proxy = state.proxies.get(world.proxy.publicKey)
    assert.ok(proxy.owner.equals(world.operator))
    assert.equal(proxy.stake, 100n * coin)
    assert.equal(proxy.registeredAt, startTime)
    assert.equal(proxy.details.endpoints, 'proxy.example:11000')
    assert.deepEqual([state.proxyCount, state.stakes], [1, 100n * coin])
    await refused(world, refusal.taken, () => world.register())
    await refused(world, refusal.taken, () => world.register({ from: world.stranger }))
  })

  test('does not register a key that is not its own', async () => {
    const world = await RegistryWorld.create()
    const other = proxyDetailsCell({ logKey: keyOf(3), anchor: null, endpoints: 'other:1' })
    for (const signed of [
      { network: -3 }, { registry: world.stranger }, { registry: new Address(-1, world.address.hash) }, { owner: world.stranger },
      { details: other },
    ]) {
      await refused(world, refusal.badSignature, () => world.register({ signed }))
    }
    const wrong = { publicKey: world.proxy.publicKey, secretKey: keysOf(6).secretKey }
    await refused(world, refusal.badSignature, () => world.register({ keys: wrong }))
  })

  test('registers with a whole stake and readable endpoints only', async () => {
    const world = await RegistryWorld.create()
    await refused(world, refusal.tooLittleValue, () => world.register({ value: 100n * coin + registrationFee - 1n }))
    await refused(world, refusal.badDetails, () => world.register({ details: world.details('') }))
    const details = (endpoints) => beginCell().storeBuffer(keyOf(3)).storeAddress(null).storeRef(endpoints).endCell()
    for (const endpoints of [
      beginCell().storeUint(1, 7).endCell(), beginCell().storeUint(65, 8).storeRef(beginCell()).endCell(),
    ]) {
      await refused(world, refusal.badDetails, () => world.register({ details: details(endpoints) }))
    }
  })

  test('finds no place beside 4,096 others', async () => {
    const full = await RegistryWorld.create({ prepare: (first) => { first.proxyCount = 4096 } })
    await refused(full, refusal.full, () => full.register())
    const almost = await RegistryWorld.create({ prepare: (first) => { first.proxyCount = 4095 } })
    await done(almost.register())
  })

  test('changes its details; nobody else does', async () => {
    const world = await RegistryWorld.create()
    await world.register()
    const body = message.updateProxy(world.proxy.publicKey, world.details('a:1 b:2'))
    for (const from of [world.stranger, world.owner, world.guardian]) {
      await refused(world, refusal.notTheOwner, () => world.send(from, body))
    }
    const { rest } = await done(world.send(world.operator, body))
    assert.ok(rest[0].inMessage.info.value.coins > coin / 20n)
    assert.equal((await world.state()).proxies.get(world.proxy.publicKey).details.endpoints, 'a:1 b:2')
    await refused(world, refusal.badDetails, () =>
      world.send(world.operator, message.updateProxy(world.proxy.publicKey, world.details(''))))
    await refused(world, refusal.notThere, () => world.send(world.operator, message.updateProxy(keyOf(9), world.details())))
  })

  test('leaves, and has its stake back to the nano after the delay', async () => {
    const world = await RegistryWorld.create()
    await world.register()
    const key = world.proxy.publicKey
    await refused(world, refusal.notTheOwner, () => world.send(world.stranger, message.leave(key)))
    await refused(world, refusal.notThere, () => world.send(world.operator, message.withdraw(key)))
    await done(world.send(world.operator, message.leave(key)))
    let state = await world.state()
    assert.deepEqual([state.proxies.size, state.proxyCount, state.stakes], [0, 0, 100n * coin])
    assert.equal(state.departed.get(key).unlocksAt, startTime + 14 * day)
    await refused(world, refusal.taken, () => world.register())
    await refused(world, refusal.notThere, () => world.send(world.operator, message.leave(key)))
    world.chain.now += 14 * day - 1
    await refused(world, refusal.tooEarly, () => world.send(world.operator, message.withdraw(key)))
    world.chain.now += 1
    await refused(world, refusal.tooLittleValue, () =>
      world.send(world.stranger, message.withdraw(key), { value: withdrawalValueMin - 1n }))
    const before = await balanceOf(world.chain, world.address)
    const { tx, rest } = await done(world.send(world.stranger, message.withdraw(key), { value: withdrawalValueMin }))
    assert.ok(rest[0].inMessage.info.value.coins > 100n * coin)
    assert.ok(rest[0].inMessage.info.dest.equals(world.operator))
    const storage = tx.description.storagePhase.storageFeesCollected
    assert.equal(await balanceOf(world.chain, world.address), before - storage - 100n * coin)
    state = await world.state()
    assert.deepEqual([state.departed.size, state.stakes], [0, 0n])
    await refused(world, refusal.notThere, () => world.send(world.stranger, message.withdraw(key)))
    await done(world.register())
  })

  test('is banned by the guardian at once, keeps its claim to the stake, and stays out', async () => {
    const world = await RegistryWorld.create()
    await world.register()
    const key = world.proxy.publicKey
    await refused(world, refusal.notTheGuardian, () => world.send(world.operator, message.banProxy(key)))
    await done(world.send(world.guardian, message.banProxy(key)))
    assert.equal((await world.state()).proxies.size, 0)
    world.chain.now += 14 * day
    await done(world.send(world.operator, message.withdraw(key)))
    const record = (await world.state()).departed.get(key)
    assert.deepEqual([record.banned, record.stake], [true, 0n])
    await refused(world, refusal.nothingToPay, () => world.send(world.operator, message.withdraw(key)))
    await refused(world, refusal.taken, () => world.register())
    await done(world.decide(change.unbanProxy(key)))
    await done(world.register())
  })

  test('can be banned before it comes and after it left', async () => {
    const world = await RegistryWorld.create()
    const stranger = keysOf(7)
    await done(world.send(world.guardian, message.banProxy(stranger.publicKey)))
    await refused(world, refusal.taken, () => world.register({ keys: stranger }))
    await refused(world, refusal.nothingToPay, () => world.send(world.operator, message.withdraw(stranger.publicKey)))
    await world.register()
    await world.send(world.operator, message.leave(world.proxy.publicKey))
    const { unlocksAt } = (await world.state()).departed.get(world.proxy.publicKey)
    world.chain.now += day
    await done(world.send(world.guardian, message.banProxy(world.proxy.publicKey)))
    const record = (await world.state()).departed.get(world.proxy.publicKey)
    assert.deepEqual([record.banned, record.stake, record.unlocksAt], [true, 100n * coin, unlocksAt])
    await done(world.decide(change.unbanProxy(world.proxy.publicKey)))
    assert.equal((await world.state()).departed.get(world.proxy.publicKey).banned, false)
  })

  test('is not paid out of what others put up for storage', async () => {
    const world = await RegistryWorld.create()
    await world.register()
    await world.send(world.operator, message.leave(world.proxy.publicKey))
    world.chain.now += 14 * day
    const account = await world.chain.getContract(world.address)
    account.balance = 99n * coin
    await refused(world, refusal.nothingToPay, () => world.send(world.operator, message.withdraw(world.proxy.publicKey)))
  })
})

describe('a registry', () => {
  test('takes coins without words, refuses what it does not know', async () => {
    const world = await RegistryWorld.create()
    const before = await balanceOf(world.chain, world.address)
    await done(world.send(world.stranger, undefined, { value: coin }))
    assert.ok((await balanceOf(world.chain, world.address)) > before + coin - coin / 100n)
    await refused(world, refusal.unknownMessage, () => world.send(world.owner, beginCell().storeUint(1, 32).endCell()))
    await assert.rejects(
      world.chain.sendMessage({ info: { type: 'external-in', dest: world.address, importFee: 0n }, body: message.raiseFloor(99) }),
    )
  })

  test('does not take what bounced for an order', async () => {
    const world = await RegistryWorld.create()
    await refused(world, 0, () => world.send(world.guardian, message.raiseFloor(99), { bounced: true, bounce: false }))
  })

  test('is left as it was when gas runs out', async () => {
    const world = await RegistryWorld.create()
    const before = (await world.data()).hash()
    const { tx } = await world.send(world.guardian, message.raiseFloor(99), { value: 500_000n })
    assert.ok(tx.description.aborted)
    assert.deepEqual((await world.data()).hash(), before)
  })
})
