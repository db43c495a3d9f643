import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Address } from '@ton/core';
import { control, COIN, devnetFor, post, untilTrue } from '../../clients/support.js';

const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));
const PROGRAM = fileURLToPath(new URL('../../bin/devnet.js', import.meta.url));

function headOf({ network }) {
  return network.ledger.head.id;
}

describe('snapshot and restore', () => {
  test('goes back to a block and on from there, as it did the first time', async (t) => {
    const devnet = await devnetFor(t, { intervalMs: 'manual' });
    const { network } = devnet;
    await control(devnet, 'clock', { freeze: network.clock.seconds + 10 });
    await control(devnet, 'faucet', { address: SOMEBODY.toString(), amount: '2' });
    await control(devnet, 'rotate', {});
    await control(devnet, 'snapshots', { name: 'here' });
    const before = headOf(devnet);
    const goOn = async () => {
      await control(devnet, 'faucet', { address: SOMEBODY.toString(), amount: '3' });
      await control(devnet, 'rotate', {});
      await control(devnet, 'blocks', { count: 3 });
      return headOf(devnet);
    };
    const first = await goOn();
    assert.equal(network.account(0, SOMEBODY.hash).balance, 5n * COIN);
    await control(devnet, 'restore', { name: 'here' });
    assert.ok(headOf(devnet).rootHash.equals(before.rootHash));
    assert.equal(network.account(0, SOMEBODY.hash).balance, 2n * COIN);
    assert.equal(
      network.history.transactions(0, SOMEBODY.hash, network.account(0, SOMEBODY.hash).lastTransLt, 9).length,
      1,
    );
    assert.ok((await goOn()).fileHash.equals(first.fileHash));
  });

  test('knows no snapshot that was not taken', async (t) => {
    const devnet = await devnetFor(t, { intervalMs: 'manual' });
    await assert.rejects(control(devnet, 'restore', { name: 'never' }), /404/);
  });
});

// Starts the program in a folder and waits for its line.
async function start(t, folder) {
  const child = spawn(
    process.execPath,
    [PROGRAM, '--interval-ms', '20', '--data-dir', folder, '--out', folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]) => assert.fail(`it ended with ${code}`));
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), exit]);
  exit.catch(() => {});
  return { child, ready: JSON.parse(line) };
}

describe('a data directory', () => {
  test('has every block that was shown, after a kill', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'devnet-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const first = await start(t, folder);
    const address = SOMEBODY.toString();
    for (let i = 0; i < 3; i++) await post(`${first.ready.control}/faucet`, { address, amount: '1' });
    const api = (ready, method, params) => post(`${ready.http}${method}`, params).then(({ result }) => result);
    await untilTrue(async () => (await api(first.ready, 'getTransactions', { address })).length === 3);
    const balance = await api(first.ready, 'getAddressBalance', { address });
    const { last } = await api(first.ready, 'getMasterchainInfo', {});
    const config = readFileSync(join(folder, 'global.config.json'), 'utf8');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');

    const second = await start(t, folder);
    assert.equal(await api(second.ready, 'getAddressBalance', { address }), balance);
    const again = await api(second.ready, 'lookupBlock', {
      workchain: -1,
      shard: last.shard,
      seqno: last.seqno,
    });
    assert.deepEqual(again, last);
    assert.equal((await api(second.ready, 'getTransactions', { address })).length, 3);
    assert.deepEqual(
      JSON.parse(config).validator,
      JSON.parse(readFileSync(join(folder, 'global.config.json'), 'utf8')).validator,
    );
    assert.deepEqual(
      second.ready.lite_servers.map(({ key }) => key),
      first.ready.lite_servers.map(({ key }) => key),
    );
  });
});
