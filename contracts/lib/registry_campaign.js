// Random lives of a registry against a model of what it ought to do. One seed is one life; a failure says which.

import assert from 'node:assert/strict'

import { change, listKind, message, nameCell, platformCell } from './registry.js'
import { Random } from './random.js'
import { RegistryWorld, parametersOfTests, registrationFee, withdrawalValueMin } from './registry_world.js'
import { balanceOf, coin, exitCode, keysOf, refusal } from './world.js'

const day = 86_400
const keyOf = (fill) => Buffer.alloc(32, fill)
const names = Object.keys(listKind)
const nobody = { stake: 0n, unlocksAt: 0 }

/** A registry as plain maps from hexadecimal keys; what the contract holds must read the same. */
function modelOf(world) {
  return {
    lists: Object.fromEntries(names.map((name) => [name, new Map()])),
    bans: new Map(),
    proxies: new Map(),
    departed: new Map(),
    pending: new Map(),
    nextId: 0n,
    floor: parametersOfTests.evaluationNumberMin,
    owner: world.owner,
    guardian: world.guardian,
  }
}

class Life {
  constructor(world, random) {
    this.world = world
    this.random = random
    this.model = modelOf(world)
    this.steps = []
    this.people = [world.owner, world.guardian, world.operator, world.stranger]
    this.proxies = [5, 6, 7].map(keysOf)
  }

  /** Sends and compares: `expect` gives the exit code, and changes the model if that is 0. */
  async step(name, send, expect) {
    this.steps.push(name)
    const before = await balanceOf(this.world.chain, this.world.address)
    const { tx, rest } = await send()
    const out = rest.filter(({ inMessage: { info } }) => info.src.equals(this.world.address))
    assert.equal(exitCode(tx), expect(), 'another exit code')
    const gained = (await balanceOf(this.world.chain, this.world.address)) - before
    // Whatever left the registry was a stake, and at most once.
    const sent = out.reduce((sum, { inMessage }) => sum + inMessage.info.value.coins, 0n)
    const paid = this.withdrawn ?? 0n
    this.withdrawn = undefined
    assert.ok(sent <= paid + tx.inMessage.info.value.coins, 'more went out than was owed')
    assert.ok(gained >= -paid - (tx.description.storagePhase?.storageFeesCollected ?? 0n), 'the registry lost coins')
    await this.compare()
  }

  mayGuard(from) {
    return from.equals(this.model.guardian) || from.equals(this.model.owner)
  }

  async compare() {
    const state = await this.world.state()
    const { model } = this
    const hexKeys = (map) => [...map.keys()].map((key) => key.toString('hex')).sort()
    const modelKeys = (map) => [...map.keys()].sort()
    for (const name of names) assert.deepEqual(hexKeys(state.lists[name]), modelKeys(model.lists[name]), name)
    assert.deepEqual(hexKeys(state.platformBans), modelKeys(model.bans), 'bans')
    const figures = (map) => [...map].map(([key, { stake, unlocksAt, banned }]) => [key.toString('hex'), stake, unlocksAt, banned]).sort()
    assert.deepEqual(figures(state.proxies), figures(model.proxies), 'proxies')
    assert.deepEqual(figures(state.departed), figures(model.departed), 'departed')
    assert.deepEqual([...state.pending.keys()].sort(), [...model.pending.keys()].sort(), 'pending')
    assert.equal(state.nextId, model.nextId)
    assert.equal(state.parameters.evaluationNumberMin, model.floor)
    assert.ok(state.owner.equals(model.owner) && state.guardian.equals(model.guardian), 'another owner or guardian')
    assert.equal(state.proxyCount, model.proxies.size)
    const stakes = [...model.proxies.values(), ...model.departed.values()].reduce((sum, { stake }) => sum + stake, 0n)
    assert.equal(state.stakes, stakes, 'stakes')
    assert.ok((await balanceOf(this.world.chain, this.world.address)) >= stakes, 'stakes are not covered')
  }

  /** A random change: its cell, whether the guardian may cancel it, and what it does to the model. */
  change() {
    const { random, model } = this
    const key = keyOf(random.number(3))
    const hex = key.toString('hex')
    const proxy = random.pick(this.proxies).publicKey
    const floor = random.number(30)
    const person = random.pick(this.people)
    return random.pick([
      ...names.map((name) => ({
        cell: change.addEntry(listKind[name], key, nameCell(name)), addition: true, act: () => model.lists[name].set(hex, true),
      })),
      { cell: change.unbanPlatform(key), act: () => model.bans.delete(hex) },
      { cell: change.unbanProxy(proxy), act: () => this.unban(proxy.toString('hex')) },
      { cell: change.setFloor(floor), act: () => { model.floor = floor } },
      {
        cell: change.setParameters({ ...parametersOfTests, evaluationNumberMin: floor }),
        act: () => { model.floor = Math.max(model.floor, floor) },
      },
      { cell: change.setOwner(person), act: () => { model.owner = person } },
      { cell: change.setGuardian(person), act: () => { model.guardian = person } },
    ])
  }

  unban(key) {
    const record = this.model.departed.get(key)
    if (record === undefined) return
    if (record.stake === 0n) this.model.departed.delete(key)
    else record.banned = false
  }

  propose() {
    const { world, model, random } = this
    const from = random.oneIn(4) ? random.pick(this.people) : model.owner
    const { cell, addition = false, act } = this.change()
    return this.step('propose', () => world.propose(cell, from), () => {
      if (!from.equals(model.owner)) return refusal.notTheOwner
      model.pending.set(model.nextId, { appliesAt: world.chain.now + parametersOfTests.additionDelay, addition, act })
      model.nextId += 1n
      return 0
    })
  }

  decide() {
    const { world, model, random } = this
    const id = random.below(model.nextId + 1n)
    const from = random.pick(this.people)
    const pending = model.pending.get(id)
    if (random.oneIn(3)) {
      return this.step(`cancel ${id}`, () => world.send(from, message.cancel(id)), () => {
        if (pending === undefined) return refusal.notThere
        if (!from.equals(model.owner)) {
          if (!from.equals(model.guardian)) return refusal.notTheGuardian
          if (!pending.addition) return refusal.notTheOwner
        }
        model.pending.delete(id)
        return 0
      })
    }
    return this.step(`apply ${id}`, () => world.send(from, message.apply(id)), () => {
      if (pending === undefined) return refusal.notThere
      if (world.chain.now < pending.appliesAt) return refusal.tooEarly
      model.pending.delete(id)
      pending.act()
      return 0
    })
  }

  guard() {
    const { world, model, random } = this
    const from = random.oneIn(3) ? random.pick(this.people) : model.guardian
    const key = keyOf(random.number(3))
    const hex = key.toString('hex')
    const name = random.pick(names)
    const floor = random.number(30)
    const proxy = random.pick(this.proxies).publicKey
    const [body, act] = random.pick([
      [message.removeEntry(listKind[name], key), () => (model.lists[name].delete(hex) ? 0 : refusal.notThere)],
      [message.banPlatform(key, platformCell(key)), () => { model.bans.set(hex, true); return 0 }],
      [message.banProxy(proxy), () => this.ban(proxy.toString('hex'))],
      [message.raiseFloor(floor), () => { if (floor <= model.floor) return refusal.notHigher; model.floor = floor; return 0 }],
    ])
    return this.step('guard', () => world.send(from, body), () => (this.mayGuard(from) ? act() : refusal.notTheGuardian))
  }

  ban(key) {
    const { model } = this
    if (model.proxies.has(key)) this.depart(key, true)
    else model.departed.set(key, { ...(model.departed.get(key) ?? nobody), banned: true })
    return 0
  }

  depart(key, banned) {
    const { model, world } = this
    const { stake, owner } = model.proxies.get(key)
    model.proxies.delete(key)
    model.departed.set(key, { stake, owner, unlocksAt: world.chain.now + parametersOfTests.unstakeDelay, banned })
  }

  register() {
    const { world, model, random } = this
    const keys = random.pick(this.proxies)
    const key = keys.publicKey.toString('hex')
    const from = random.pick(this.people)
    const stake = parametersOfTests.stakeMin - 2n + random.below(10n)
    return this.step('register', () => world.register({ from, keys, value: stake + registrationFee }), () => {
      if (stake < parametersOfTests.stakeMin) return refusal.tooLittleValue
      if (model.departed.has(key) || model.proxies.has(key)) return refusal.taken
      model.proxies.set(key, { stake, owner: from })
      return 0
    })
  }

  leave() {
    const { world, model, random } = this
    const serving = this.proxies.filter((keys) => model.proxies.has(keys.publicKey.toString('hex')))
    const { publicKey } = random.pick(serving.length === 0 || random.oneIn(4) ? this.proxies : serving)
    const key = publicKey.toString('hex')
    const proxy = model.proxies.get(key)
    const from = proxy === undefined || random.oneIn(4) ? random.pick(this.people) : proxy.owner
    return this.step('leave', () => world.send(from, message.leave(publicKey)), () => {
      if (proxy === undefined) return refusal.notThere
      if (!from.equals(proxy.owner)) return refusal.notTheOwner
      this.depart(key, false)
      return 0
    })
  }

  withdraw() {
    const { world, model, random } = this
    const waiting = this.proxies.filter((keys) => model.departed.has(keys.publicKey.toString('hex')))
    const { publicKey } = random.pick(waiting.length === 0 || random.oneIn(4) ? this.proxies : waiting)
    const key = publicKey.toString('hex')
    const from = random.pick(this.people)
    const value = withdrawalValueMin - 5n + random.below(10n)
    return this.step('withdraw', () => world.send(from, message.withdraw(publicKey), { value }), () => {
      const record = model.departed.get(key)
      if (value < withdrawalValueMin) return refusal.tooLittleValue
      if (record === undefined) return refusal.notThere
      if (record.stake === 0n) return refusal.nothingToPay
      if (world.chain.now < record.unlocksAt) return refusal.tooEarly
      this.withdrawn = record.stake
      if (record.banned) record.stake = 0n
      else model.departed.delete(key)
      return 0
    })
  }

  async wait() {
    this.world.chain.now += 1 + this.random.number(this.random.oneIn(3) ? 30 * day : 2 * day)
  }

  async live(steps) {
    for (let left = steps; left > 0; left -= 1) {
      const act = this.random.pick([
        this.propose, this.propose, this.decide, this.decide, this.guard, this.register, this.leave, this.withdraw, this.withdraw, this.wait,
        this.wait,
      ])
      await act.call(this)
    }
  }
}

/** One random life of `steps` operations; throws an error that names the seed. */
export async function runRegistryLife(seed, steps) {
  const life = new Life(await RegistryWorld.create(), new Random(seed))
  try {
    await life.live(steps)
  } catch (error) {
    throw new Error(`seed ${seed}, step ${life.steps.length} (${life.steps.slice(-5).join(', ')}): ${error.message}`, { cause: error })
  }
}
