// A registry on a chain, and the people around it.

import { internal } from '@ton/core'

import {
  change, emptyRegistry, listKind, message, nameCell, proxyDetailsCell, readRegistry, registrationCell, registryAddress, registryInit,
} from './registry.js'
import { signCell } from './channel.js'
import { coin, keysOf, mainnet, newChain } from './world.js'

const day = 86_400

export const registrationFee = coin / 5n
export const withdrawalValueMin = coin / 50n

export const parametersOfTests = {
  keyEpoch: 3600, keyGrace: 600, statementAgeMax: 4200, statementBlockInterval: 256, evaluationNumberMin: 17, anchorInterval: 3600,
  additionDelay: 2 * day, unstakeDelay: 14 * day, priceFloor: 0n, stakeMin: 100n * coin,
}

export class RegistryWorld {
  /** `prepare` may change what the registry is deployed with. */
  static async create({ parameters = parametersOfTests, prepare = () => {} } = {}) {
    const world = new RegistryWorld()
    world.chain = await newChain()
    for (const name of ['owner', 'guardian', 'operator', 'stranger']) world[name] = (await world.chain.treasury(name)).address
    const first = emptyRegistry(world.owner, world.guardian, parameters)
    prepare(first, world)
    world.parameters = parameters
    world.init = registryInit(first)
    world.address = registryAddress(first)
    world.proxy = keysOf(5)
    await world.send(world.stranger, undefined, { value: coin })
    return world
  }

  /** Sends a message and returns the registry's transaction and those that followed. */
  async send(from, body, { value = coin / 10n, bounce = true, bounced = false } = {}) {
    const outer = internal({ to: this.address, value, body, bounce, init: this.init })
    outer.info.src = from
    outer.info.bounced = bounced
    const { transactions } = await this.chain.sendMessage(outer)
    return { tx: transactions[0], rest: transactions.slice(1) }
  }

  async data() {
    return (await this.chain.getContract(this.address)).accountState.state.data
  }

  async state() {
    return readRegistry(await this.data())
  }

  propose(what, from = this.owner) {
    return this.send(from, message.propose(what))
  }

  /** Proposes, waits, applies. */
  async decide(what) {
    const { nextId, parameters } = await this.state()
    await this.propose(what)
    this.chain.now += parameters.additionDelay
    return this.send(this.stranger, message.apply(nextId))
  }

  addModel(key, name) {
    return this.decide(change.addEntry(listKind.models, key, nameCell(name)))
  }

  details(endpoints = 'proxy.example:11000') {
    return proxyDetailsCell({ logKey: Buffer.alloc(32, 3), anchor: this.stranger, endpoints })
  }

  register({ from = this.operator, keys = this.proxy, details = this.details(), value = 100n * coin + registrationFee, signed } = {}) {
    const cell = registrationCell({ network: mainnet, registry: this.address, owner: from, details, ...signed })
    return this.send(from, message.register(keys.publicKey, signCell(cell, keys.secretKey), details), { value })
  }
}
