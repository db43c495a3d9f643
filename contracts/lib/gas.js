// What each operation costs, measured: the tables of docs/contracts.md.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { AnchorWorld, leavesOf } from './anchor_world.js'
import { consistencyProof, treeRoot } from './merkle.js'
import { RegistryWorld } from './registry_world.js'
import { change, listKind, message, nameCell, platformCell } from './registry.js'
import { ChannelWorld, coin, exitCode, feesOf, gasUsed, startTime } from './world.js'

export const gasDocumentPath = join(dirname(fileURLToPath(import.meta.url)), '../../docs/contracts.md')

/** Nano as coins with six digits, rounded up. */
function coins(nano) {
  const micro = (nano + 999n) / 1000n
  return `${micro / 1_000_000n}.${String(micro % 1_000_000n).padStart(6, '0')}`
}

const rentOf = ({ tx }) => tx.description.storagePhase?.storageFeesCollected ?? 0n

/** One row: gas of the contract's own transaction, its fees but the rent, and those with the forwarding of what it sent. */
function row(name, result) {
  const { tx, rest } = result
  if (tx.description.aborted) throw new Error(`${name} failed: ${exitCode(tx)}`)
  const fees = feesOf(tx) - rentOf(result)
  const sent = rest.reduce((sum, { inMessage }) => sum + inMessage.info.forwardFee, 0n)
  return `| ${name} | ${gasUsed(tx)} | ${coins(fees)} | ${coins(fees + sent)} |`
}

const head = (title) => [`| ${title} | gas | fees | with delivery |`, '|---|---:|---:|---:|']

/** What a year costs a contract that a plain transfer wakes up. */
async function yearOf(world, wake) {
  await wake()
  world.chain.now += 365 * 86_400
  return rentOf(await wake())
}

async function channelTable() {
  const world = await ChannelWorld.create()
  const rows = [row('deposit (deploys and opens)', await world.open(10n * coin))]
  rows.push(row('top-up', await world.topUp(coin)))
  rows.push(row('`redeem`', await world.redeem(coin)))
  rows.push(row('`start_close`', await world.startClose()))
  world.chain.now += world.terms.closeDelay
  rows.push(row('`finish`', await world.finish()))
  const other = await ChannelWorld.create({ salt: 2n })
  await other.open(10n * coin)
  rows.push(row('`coop_close`', await other.coopClose(coin)))
  return [...head('channel'), ...rows].join('\n')
}

/** A registry as a network might have it after years, so that its hashmaps are deep. */
function crowded(first, world) {
  const key = (name, index) => createHash('sha256').update(`${name} ${index}`).digest()
  for (let index = 0; index < 300; index += 1) {
    first.lists.models.set(key('model', index), nameCell(`model-${index}`))
    first.platformBans.set(key('platform', index), platformCell(key('id', index)))
    const details = { logKey: key('log', index), anchor: world.stranger, endpoints: `proxy-${index}.example:443` }
    first.proxies.set(key('proxy', index), { owner: world.operator, stake: coin, registeredAt: startTime, details })
  }
  first.proxyCount = 300
  first.stakes = 300n * coin
}

async function registryTable() {
  const world = await RegistryWorld.create({ prepare: crowded })
  const model = createHash('sha256').update('a new model').digest()
  const addition = change.addEntry(listKind.models, model, nameCell('a-new-model'))
  const rows = [row('`propose` an addition', await world.propose(addition))]
  rows.push(row('`cancel`', await world.send(world.guardian, message.cancel(0n))))
  await world.propose(addition)
  world.chain.now += world.parameters.additionDelay
  rows.push(row('`apply`', await world.send(world.stranger, message.apply(1n))))
  rows.push(row('`remove_entry`', await world.send(world.guardian, message.removeEntry(listKind.models, model))))
  rows.push(row('`ban_platform`', await world.send(world.guardian, message.banPlatform(model, platformCell(model)))))
  rows.push(row('`raise_floor`', await world.send(world.guardian, message.raiseFloor(100))))
  rows.push(row('`register`', await world.register()))
  const key = world.proxy.publicKey
  rows.push(row('`update_proxy`', await world.send(world.operator, message.updateProxy(key, world.details('a.example:443')))))
  rows.push(row('`leave`', await world.send(world.operator, message.leave(key))))
  world.chain.now += world.parameters.unstakeDelay
  rows.push(row('`withdraw`', await world.send(world.operator, message.withdraw(key))))
  rows.push(row('`ban_proxy`', await world.send(world.guardian, message.banProxy(key))))
  return [...head('registry of 300 models, bans and proxies each'), ...rows].join('\n')
}

async function anchorTable() {
  const world = await AnchorWorld.create()
  const rows = [row('the first checkpoint', await world.grow(0, leavesOf(1)))]
  for (const [first, second] of [[1, 1000], [1000, 2000], [2000, 2001], [2001, 100_000]]) {
    const leaves = leavesOf(second)
    const proof = consistencyProof(first, leaves)
    rows.push(row(`${first} to ${second} entries, ${proof.length} hashes`, await world.update(second, treeRoot(leaves), proof)))
  }
  return [...head('anchor'), ...rows].join('\n')
}

async function rentTable() {
  const channel = await ChannelWorld.create()
  await channel.open()
  const anchor = await AnchorWorld.create()
  const empty = await RegistryWorld.create()
  const full = await RegistryWorld.create({ prepare: crowded })
  const wakeRegistry = (world) => () => world.send(world.stranger, undefined, { value: coin })
  const rows = [
    ['channel', await yearOf(channel, () => channel.topUp(coin))],
    ['anchor', await yearOf(anchor, () => anchor.send(undefined, { value: coin }))],
    ['empty registry', await yearOf(empty, wakeRegistry(empty))],
    ['registry of 300 models, bans and proxies each', await yearOf(full, wakeRegistry(full))],
  ]
  return ['| contract | a year |', '|---|---:|', ...rows.map(([name, rent]) => `| ${name} | ${coins(rent)} |`)].join('\n')
}

/** {NAME: the table between `<!-- gas NAME -->` and `<!-- end -->`} */
export const gasTables = async () => ({
  channel: await channelTable(),
  registry: await registryTable(),
  anchor: await anchorTable(),
  rent: await rentTable(),
})

/** docs/contracts.md with these tables in it. */
export function withGasTables(tables) {
  let text = readFileSync(gasDocumentPath, 'utf8')
  for (const [name, table] of Object.entries(tables)) {
    const begin = `<!-- gas ${name} -->\n`
    const from = text.indexOf(begin)
    const to = text.indexOf('<!-- end -->', from)
    if (from < 0 || to < 0) throw new Error(`${gasDocumentPath} has no place for the gas of ${name}`)
    text = `${text.slice(0, from + begin.length)}${table}\n${text.slice(to)}`
  }
  return text
}
