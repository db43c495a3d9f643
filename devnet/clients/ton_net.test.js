// npm ton-net, unmodified: a client that believes nothing it cannot prove from the configuration's key block.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Address } from '@ton/core';
import { Config, TonClient, verifyAccount } from 'ton-net';
import { COIN, control, devnetFor } from './support.js';

const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));
const NOBODY = new Address(0, Buffer.alloc(32, 0xcd));
const ELECTOR = new Address(-1, Buffer.alloc(32, 0x33));

async function connect(devnet) {
  return TonClient.connect(Config.fromJson(devnet.globalConfig));
}

/** A devnet in which SOMEBODY has five coins, and whose blocks come when asked. */
async function manualDevnet(t, options) {
  const devnet = await devnetFor(t, { intervalMs: 'manual', ...options });
  await devnet.network.faucet.give(SOMEBODY, 5n * COIN);
  await devnet.network.step();
  return devnet;
}

describe('ton-net with proofs on', () => {
  test('syncs from the configured key block and proves accounts of both chains', async (t) => {
    const devnet = await manualDevnet(t);
    const client = await connect(devnet);
    const { head } = await client.sync();
    assert.deepEqual(head.rootHash, devnet.network.ledger.head.id.rootHash);
    const { value, anchor } = await client.account(SOMEBODY.toString());
    assert.equal(value.balance, (5n * COIN).toString());
    assert.equal(value.status, 'uninit');
    assert.equal(anchor.seqno, head.seqno);
    assert.equal((await client.account(devnet.network.faucet.address.toString())).value.status, 'active');
    assert.equal((await client.account(ELECTOR.toRawString())).value.balance, (1_000n * COIN).toString());
  });

  test('proves that an account does not exist', async (t) => {
    const client = await connect(await manualDevnet(t));
    assert.equal((await client.account(NOBODY.toString())).value.status, 'nonexistent');
  });

  for (const signatures of ['ordinary', 'simplex']) {
    test(`follows validators through rotations, with ${signatures} signatures`, async (t) => {
      const devnet = await manualDevnet(t, { signatures });
      const { network } = devnet;
      for (let i = 0; i < 20; i++) {
        await control(devnet, 'rotate', {});
        await control(devnet, 'blocks', { count: 2 });
      }
      assert.equal(network.history.keyBlocks.length, 21);
      const client = await connect(devnet);
      const report = await client.sync();
      assert.deepEqual([report.links, report.rounds], [21, 2]);
      assert.deepEqual(report.head.rootHash, network.ledger.head.id.rootHash);
      assert.equal((await client.anchor()).seqno, network.history.keyBlocks.at(-1).id.seqno);
    });
  }

  test('resumes from an anchor that it kept', async (t) => {
    const devnet = await manualDevnet(t, { keyBlockEvery: 5 });
    await control(devnet, 'blocks', { count: 12 });
    const first = await connect(devnet);
    await first.sync();
    await control(devnet, 'blocks', { count: 1 });
    const resumed = await TonClient.connectFrom(Config.fromJson(devnet.globalConfig), await first.anchor());
    assert.equal((await resumed.sync()).links, 1);
  });

  test('checks later what it read now', async (t) => {
    const devnet = await manualDevnet(t);
    const client = await connect(devnet);
    const block = (await client.masterchainInfo()).value;
    const { value, proof } = await client.accountState(SOMEBODY.toString(), block);
    const { shardProof, state } = value;
    const read = { address: SOMEBODY.toString(), trustedRootHash: block.rootHash, shardProof, proof, state };
    assert.equal(verifyAccount(read).balance, (5n * COIN).toString());
    const otherState = Buffer.from(state);
    otherState[otherState.length - 1] ^= 1;
    assert.throws(() => verifyAccount({ ...read, state: otherState }), /PROOF|CELL/);
  });
});

describe('ton-net against each fault', () => {
  const refusals = {
    bad_signature: /^SYNC/,
    weak_signatures: /^SYNC/,
    wrong_shard: /^PROOF/,
    swapped_proof: /^PROOF/,
    truncated_proof: /^(PROOF|CELL|SYNC)/,
    disconnect: /^(TRANSPORT|CONNECTION_LOST)/,
  };
  for (const [fault, reason] of Object.entries(refusals)) {
    test(`refuses ${fault}, and reads again when it is over`, async (t) => {
      const devnet = await manualDevnet(t);
      await control(devnet, 'blocks', { count: 1 });
      const client = await connect(devnet);
      await control(devnet, 'faults', { set: fault });
      await assert.rejects(
        client.account(SOMEBODY.toString()),
        ({ message }) => reason.test(message) || assert.fail(message),
      );
      await control(devnet, 'faults', { clear: 'all' });
      const again = fault === 'disconnect' ? await connect(devnet) : client;
      assert.equal((await again.account(SOMEBODY.toString())).value.balance, (5n * COIN).toString());
    });
  }

  test('calls a head stale that stands still while time goes on', async (t) => {
    const devnet = await manualDevnet(t);
    await control(devnet, 'clock', { shift: -3_000 });
    const early = await manualDevnet(t, { clock: devnet.network.clock });
    await control(early, 'faults', { set: 'stale_head' });
    await control(early, 'clock', { shift: 0 });
    await control(early, 'blocks', { count: 3 });
    const config = Config.fromJson(early.globalConfig).withMaxHeadAge(60);
    const client = await TonClient.connect(config);
    await assert.rejects(client.account(SOMEBODY.toString()), /^Error: STALE|STALE/);
    await control(early, 'faults', { clear: 'stale_head' });
    assert.equal((await client.account(SOMEBODY.toString())).value.balance, (5n * COIN).toString());
  });
});
