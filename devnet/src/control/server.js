// The control endpoint: what a test or a supervisor does to the network. JSON on loopback; changes need a JSON body, so
// that no web page can make them.
import { Address, Cell, loadStateInit, toNano } from '@ton/core';
import { HttpError, jsonServer } from '../http/json_server.js';
import { FaultError, FAULTS } from './faults.js';

const STEPS_MAX = 10_000;
const SNAPSHOTS_MAX = 16;
const INTERVAL_MS_MIN = 10;

/** @param {{ network: import('../network.js').Network, faults: import('./faults.js').Faults, facts: () => object }} devnet */
export function controlServer(devnet) {
  const snapshots = new Map();
  const routes = { ...CONTROLS, 'POST /snapshots': save(snapshots), 'POST /restore': restore(snapshots) };
  const handle = async ({ method, path, body, isJson }) => {
    const route = routes[`${method} ${path}`];
    if (!route) throw new HttpError(404, `no ${method} ${path}; there are ${Object.keys(routes).join(', ')}`);
    if (method === 'POST' && !isJson) throw new HttpError(415, 'send application/json');
    return { body: (await route(devnet, body)) ?? status(devnet) };
  };
  return jsonServer(handle, { errorBody: (_status, message) => ({ error: message }) });
}

function status({ network, faults, facts }) {
  const { head, baseHead } = network.ledger;
  return {
    ...facts(),
    global_id: network.options.globalId,
    interval_ms: network.options.intervalMs,
    time: network.clock.seconds,
    masterchain: {
      seqno: head.id.seqno,
      root_hash: head.id.rootHash.toString('hex'),
      gen_utime: head.genUtime,
    },
    basechain: { seqno: baseHead.id.seqno, root_hash: baseHead.id.rootHash.toString('hex') },
    key_blocks: network.history.keyBlocks.length,
    accounts: baseHead.state.accounts.size + head.state.accounts.size,
    transactions_kept: network.history.queue.length - network.history.queueStart,
    messages_waiting: network.pending.length,
    faults: Object.fromEntries(faults.active),
    faucet: network.faucet.address.toString(),
    executor: network.executor.version,
    memory_bytes: process.memoryUsage().rss,
  };
}

const CONTROLS = {
  'GET /status': () => undefined,
  'GET /faults': () => FAULTS,

  /** {count} */
  'POST /blocks': async ({ network }, { count = 1 }) => {
    const times = integer(count, 'count', 1, STEPS_MAX);
    for (let i = 0; i < times; i++) await network.step();
  },

  /**
   * {address, amount: "1.5"} in coins, or {address, nano}; init and body, bags of cells in hexadecimal, for a contract: its
   * initial state, and what it is told
   */
  'POST /faucet': async ({ network }, { address, amount, nano, init, body }) => {
    try {
      await network.faucet.give(
        Address.parse(String(address)),
        nano === undefined ? toNano(String(amount)) : BigInt(nano),
        {
          init: init === undefined ? undefined : loadStateInit(cellOf(init).beginParse()),
          body: body === undefined ? undefined : cellOf(body),
        },
      );
    } catch (error) {
      throw new HttpError(422, `address and amount or nano, please, init and body as bags of cells: ${error.message}`);
    }
    if (network.options.intervalMs === 'manual') await network.step();
  },

  /** A key block with other validators. */
  'POST /rotate': async ({ network }) => {
    network.rotateNext = true;
    if (network.options.intervalMs === 'manual') await network.step();
  },

  /** {freeze: unix seconds} or {shift: seconds ahead of this machine} */
  'POST /clock': ({ network }, { freeze, shift = 0 }) => {
    if (freeze === undefined) network.clock.shift(integer(shift, 'shift', -(2 ** 31), 2 ** 31));
    else network.clock.freeze(integer(freeze, 'freeze', 0, 2 ** 32 - 1));
  },

  /** {ms} between blocks, or {ms: "manual"} */
  'POST /interval': ({ network }, { ms }) => {
    network.options.intervalMs = ms === 'manual' ? ms : integer(ms, 'ms', INTERVAL_MS_MIN, 3_600_000);
    network.start();
  },

  /** {set: NAME, server, blocks, ms} or {clear: NAME} or {clear: "all"} */
  'POST /faults': ({ network, faults }, { set, clear, ...details }) => {
    try {
      if (clear !== undefined) faults.clear(clear === 'all' ? undefined : clear);
      if (set !== undefined) faults.set(set, details, network.ledger.head.id.seqno);
    } catch (error) {
      if (error instanceof FaultError) throw new HttpError(422, error.message);
      throw error;
    }
  },
};

const cellOf = (hex) => Cell.fromBoc(Buffer.from(String(hex), 'hex'))[0];

/** {name} */
function save(snapshots) {
  return async ({ network }, { name = 'default' }) => {
    if (!snapshots.has(name) && snapshots.size >= SNAPSHOTS_MAX)
      throw new HttpError(422, `${SNAPSHOTS_MAX} snapshots at most`);
    snapshots.set(String(name), await network.snapshot());
  };
}

/** {name} */
function restore(snapshots) {
  return async ({ network }, { name = 'default' }) => {
    const snapshot = snapshots.get(String(name));
    if (!snapshot) throw new HttpError(404, `no snapshot ${name}`);
    await network.restore(snapshot);
  };
}

function integer(value, name, min, max) {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new HttpError(422, `${name} is a number from ${min} to ${max}`);
  return value;
}
