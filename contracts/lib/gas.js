// What each operation costs, measured: the tables of docs/contracts.md.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { ChannelWorld, coin, feesOf, gasUsed } from './world.js'

export const gasDocumentPath = join(dirname(fileURLToPath(import.meta.url)), '../../docs/contracts.md')

/** Nano as coins with six digits, rounded up. */
function coins(nano) {
  const micro = (nano + 999n) / 1000n
  return `${micro / 1_000_000n}.${String(micro % 1_000_000n).padStart(6, '0')}`
}

/** One row: gas of the contract's own transaction, all fees of it, and those with the forwarding of what it sent. */
function row(name, { tx, rest }) {
  if (tx.description.aborted) throw new Error(`${name} failed`)
  const sent = rest.reduce((sum, { inMessage }) => sum + inMessage.info.forwardFee, 0n)
  return `| ${name} | ${gasUsed(tx)} | ${coins(feesOf(tx))} | ${coins(feesOf(tx) + sent)} |`
}

const head = (title) => [`| ${title} | gas | fees of its transaction | with delivery |`, '|---|---:|---:|---:|']

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

/** {NAME: the table between `<!-- gas NAME -->` and `<!-- end -->`} */
export const gasTables = async () => ({ channel: await channelTable() })

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
