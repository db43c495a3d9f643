import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { sha256 } from '../chain/signing.js';
import { devnetFor } from '../../clients/support.js';

async function rawConnection(devnet) {
  const socket = connect(devnet.facts().lite_servers[0].port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

test('hangs up on what is no handshake, and serves on', async (t) => {
  const devnet = await devnetFor(t, { intervalMs: 'manual' });
  const { key } = devnet.facts().lite_servers[0];
  const keyId = sha256(Buffer.from('c6b41348', 'hex'), Buffer.from(key, 'base64'));
  const smallOrder = Buffer.concat([keyId, Buffer.from([1]), Buffer.alloc(31), randomBytes(192)]);
  const undecryptable = Buffer.concat([keyId, randomBytes(224)]);
  for (const bytes of [randomBytes(256), randomBytes(4096), smallOrder, undecryptable]) {
    const socket = await rawConnection(devnet);
    socket.on('error', () => {});
    socket.write(bytes);
    await once(socket, 'close');
  }
  const patient = await rawConnection(devnet);
  patient.write(randomBytes(100)); // less than a handshake: it waits
  patient.destroy();
  assert.equal((await fetch(`${devnet.facts().control}/status`)).status, 200);
});

test('takes no order from a web page', async (t) => {
  const devnet = await devnetFor(t, { intervalMs: 'manual' });
  const url = `${devnet.facts().control}/rotate`;
  assert.equal((await fetch(url, { method: 'POST', body: '{}' })).status, 415);
  assert.equal((await fetch(url)).status, 404);
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('GET /status HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n');
  const [answer] = await once(socket, 'data');
  assert.match(answer.toString(), /^HTTP\/1.1 403/);
  assert.equal(devnet.network.history.keyBlocks.length, 1);
});
