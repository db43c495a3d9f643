#!/usr/bin/env node
// Starts a devnet from the command line; see --help.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDevnet } from '../src/devnet.js';

const HELP = `usage: devnet [OPTIONS]
A TON network in one process, on loopback: lite-servers, toncenter's HTTP API (v2), a control endpoint.

  --out DIR            write global.config.json and ready.json there once it serves
  --data-dir DIR       keep the chain there, across restarts and kills (default: in memory)
  --interval-ms N      between blocks, 10 or more; 0: only when asked (500)
  --lite-servers N     how many, each with its own key (2)
  --lite-ports N,N     of the lite-servers, in order (free ones)
  --http-port N        of the HTTP API (a free one)
  --control-port N     of the control endpoint (a free one)
  --key-block-every N  rotate the validators each N blocks; 0: only when asked (0)
  --begin-at-multiple N  make blocks at once until a new one's seqno is a multiple of N; 0: serve at once (0)
  --clock-shift S      seconds that the chain's clock is ahead of this machine's, or behind if negative (0)
  --signatures FORM    ordinary or simplex (ordinary)
  --help

When it serves it prints one line of JSON: ports, keys, addresses. SIGTERM ends it.
`;

const OPTIONS = {
  out: { type: 'string' },
  'data-dir': { type: 'string' },
  'interval-ms': { type: 'string', default: '500' },
  'lite-servers': { type: 'string', default: '2' },
  'lite-ports': { type: 'string', default: '' },
  'http-port': { type: 'string', default: '0' },
  'control-port': { type: 'string', default: '0' },
  'key-block-every': { type: 'string', default: '0' },
  'begin-at-multiple': { type: 'string', default: '0' },
  'clock-shift': { type: 'string', default: '0' },
  signatures: { type: 'string', default: 'ordinary' },
  help: { type: 'boolean', default: false },
};

function usage(message) {
  process.stderr.write(`devnet: ${message}\n${HELP}`);
  process.exit(2);
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({ options: OPTIONS }));
  } catch (error) {
    usage(error.message);
  }
  const number = (name, max, min = 0) => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < min || value > max) usage(`--${name} is a number from ${min} to ${max}`);
    return value;
  };
  const intervalMs = number('interval-ms', 3_600_000) || 'manual';
  if (intervalMs < 10) usage('--interval-ms is 10 or more, or 0');
  if (!['ordinary', 'simplex'].includes(values.signatures)) usage('--signatures is ordinary or simplex');
  const liteServers = number('lite-servers', 16);
  const litePorts = values['lite-ports'].split(',').filter(Boolean).map(Number);
  if (!litePorts.every((port) => Number.isInteger(port) && port > 0 && port < 65_536))
    usage('--lite-ports are ports');
  return {
    help: values.help,
    out: values.out,
    network: {
      intervalMs,
      liteServers,
      dataDir: values['data-dir'],
      keyBlockEvery: number('key-block-every', 1_000_000_000),
      beginAtMultiple: number('begin-at-multiple', 10_000),
      clockShift: number('clock-shift', 2 ** 31, -(2 ** 31)),
      signatures: values.signatures,
      ports: {
        lite: litePorts,
        http: number('http-port', 65_535),
        control: number('control-port', 65_535),
      },
    },
  };
}

const { help, out, network } = readOptions();
if (help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const devnet = await startDevnet(network).catch((error) => {
  process.stderr.write(`devnet: ${error.message}\n`);
  process.exit(1);
});
const ready = JSON.stringify({
  event: 'ready',
  pid: process.pid,
  global_id: devnet.network.options.globalId,
  ...devnet.facts(),
});
if (out) {
  mkdirSync(out, { recursive: true });
  for (const [name, text] of [
    ['global.config.json', devnet.globalConfig],
    ['ready.json', `${ready}\n`],
  ]) {
    writeFileSync(join(out, `${name}.new`), text);
    renameSync(join(out, `${name}.new`), join(out, name));
  }
}
process.stdout.write(`${ready}\n`);
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, async () => {
    await devnet.close();
    process.exit(0);
  });
}
