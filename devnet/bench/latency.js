// How long from an external message to a state that a client has proven, at 20 ms blocks; and what 10,000 transactions do
// to memory, when no more is remembered than an eighth of what usually is, so that the bounds are reached. Prints one line of
// JSON, whole numbers only. Usage: node --expose-gc bench/latency.js [messages] [transactions]
import { Address, beginCell, external, storeMessage } from '@ton/core';
import { Config, TonClient } from 'ton-net';
import { COIN, fundedWallet, transfer } from '../clients/support.js';
import { startDevnet } from '../src/devnet.js';
import { DEFAULTS } from '../src/network.js';

const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));
const [messages = 100, transactions = 10_000] = process.argv.slice(2).map(Number);

function bocOf({ wallet }, body, isFirst) {
  const message = external({ to: wallet.address, init: isFirst ? wallet.init : undefined, body });
  return beginCell().store(storeMessage(message)).endCell().toBoc();
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

// Sends one after the other; each is done when ton-net has proven a state in which the wallet has run it.
async function latency(devnet) {
  const owner = await fundedWallet(devnet, 'bench', 1_000n);
  const client = await TonClient.connect(Config.fromJson(devnet.globalConfig));
  const address = owner.wallet.address.toString();
  let { lastTransLt } = (await client.account(address)).value;
  const took = [];
  for (let seqno = 0; seqno < messages; seqno++) {
    const boc = bocOf(owner, await transfer(owner, seqno, SOMEBODY), seqno === 0);
    const started = performance.now();
    await devnet.network.submit(boc);
    for (;;) {
      const { value } = await client.account(address).catch(() => ({ value: { lastTransLt } }));
      if (value.lastTransLt === lastTransLt) continue;
      ({ lastTransLt } = value);
      break;
    }
    took.push(performance.now() - started);
  }
  return median(took);
}

// Gifts to a thousand accounts in turn, two transactions each; memory after each eighth.
async function memory(devnet) {
  const { network } = devnet;
  const seen = [];
  const started = process.cpuUsage();
  for (let i = 0; i < transactions / 2; i++) {
    await network.faucet.give(new Address(0, Buffer.alloc(32, (i % 1_000) + 1).fill(i % 250, 16)), COIN);
    if (i % 10 === 9) await network.step();
    if ((i + 1) % (transactions / 16) === 0) {
      globalThis.gc?.();
      const { rss, heapUsed, external } = process.memoryUsage();
      seen.push([rss, heapUsed + external].map((bytes) => Math.round(bytes / 2 ** 20)));
    }
  }
  const { user, system } = process.cpuUsage(started);
  return { rss_and_heap_mib: seen, cpu_us_per_transaction: Math.round((user + system) / transactions) };
}

const devnet = await startDevnet({ intervalMs: 20, secret: Buffer.alloc(32, 1) });
const medianMs = await latency(devnet);
const idle = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 2_000));
const { user, system } = process.cpuUsage(idle);
await devnet.close();
const limits = Object.fromEntries(Object.entries(DEFAULTS.limits).map(([name, limit]) => [name, limit / 8]));
const other = await startDevnet({ intervalMs: 'manual', secret: Buffer.alloc(32, 2), limits });
const long = await memory(other);
await other.close();
console.log(
  JSON.stringify({
    messages,
    message_to_proven_state_median_us: Math.round(medianMs * 1_000),
    idle_cpu_permille: Math.round((user + system) / 2_000),
    transactions,
    ...long,
  }),
);
process.exit(0);
