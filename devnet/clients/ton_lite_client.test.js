// npm ton-lite-client, unmodified, over ADNL.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { Address, beginCell, Cell, external, loadTransaction, serializeTuple, storeMessage } from '@ton/core';
import { LiteClient, LiteSingleEngine } from 'ton-lite-client';
import { SigningKey } from '../src/chain/signing.js';
import { COIN, control, devnetFor, fundedWallet, transfer } from './support.js';

const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));

async function clientOf(t, devnet, server = 0) {
  const { host, port, key } = devnet.facts().lite_servers[server];
  const engine = new LiteSingleEngine({ host: `tcp://${host}:${port}`, publicKey: Buffer.from(key, 'base64') });
  engine.on('error', () => {});
  t.after(() => engine.close());
  await once(engine, 'ready');
  return new LiteClient({ engine });
}

async function manualDevnet(t, options) {
  const devnet = await devnetFor(t, { intervalMs: 'manual', ...options });
  const wallet = fundedWallet(devnet, 'lite');
  await devnet.network.step();
  return { devnet, owner: await wallet };
}

function messageTo(owner, body) {
  const message = external({ to: owner.wallet.address, init: owner.wallet.init, body });
  return beginCell().store(storeMessage(message)).endCell().toBoc();
}

describe('ton-lite-client', () => {
  test('reads head, time, version, configuration and blocks', async (t) => {
    const { devnet } = await manualDevnet(t);
    const client = await clientOf(t, devnet, 1);
    const { last, stateRootHash } = await client.getMasterchainInfo();
    const { head } = devnet.network.ledger;
    assert.equal(last.seqno, head.id.seqno);
    assert.deepEqual(stateRootHash, head.state.root.hash());
    assert.equal((await client.getMasterchainInfoExt()).lastUtime, head.genUtime);
    assert.ok(Math.abs((await client.getCurrentTime()) - Date.now() / 1000) < 5);
    assert.ok((await client.getVersion()).version > 0);
    assert.equal((await client.getConfig(last)).configAddress.toString(16), '55'.repeat(32));
    const header = await client.getBlockHeader(last);
    assert.ok(Cell.fromBoc(header.headerProof)[0].refs[0].hash(0).equals(head.id.rootHash));
    const found = await client.lookupBlockByID({ workchain: 0, shard: '-9223372036854775808', seqno: 1 });
    assert.deepEqual(found.id.rootHash, devnet.network.history.block(0, 1).id.rootHash);
    const byLt = await client.lookupBlockByLt({
      workchain: -1,
      shard: '-9223372036854775808',
      lt: head.startLt,
    });
    assert.equal(byLt.id.seqno, head.id.seqno);
    const { shards } = await client.getAllShardsInfo(last);
    assert.equal(shards['0']['-9223372036854775808'], head.shard.id.seqno);
    const whole = await client.getFullBlock(last.seqno);
    assert.equal(whole.shards.flatMap(({ transactions }) => transactions).length, 2);
  });

  test('sends a message, sees its effect, runs a get-method', async (t) => {
    const { devnet, owner } = await manualDevnet(t);
    const client = await clientOf(t, devnet);
    const sent = await client.sendMessage(messageTo(owner, await transfer(owner, 0, SOMEBODY, 'hello')));
    assert.equal(sent.status, 1);
    await devnet.network.step();
    const { last } = await client.getMasterchainInfo();
    const { state, balance } = await client.getAccountState(owner.wallet.address, last);
    assert.equal(state.storage.state.type, 'active');
    assert.ok(balance.coins < 9n * COIN);
    const params = serializeTuple([]).toBoc();
    const { exitCode, result } = await client.runMethod(owner.wallet.address, 'seqno', params, last);
    assert.equal(exitCode, 0);
    assert.ok(result.length > 0);
    assert.equal(await client.open(owner.wallet).getSeqno(), 1);
    const pruned = await client.getAccountStatePrunned(owner.wallet.address, last);
    assert.deepEqual(
      Cell.fromBoc(pruned.raw)[0].hash(0),
      devnet.network.account(0, owner.wallet.address.hash).account.hash(),
    );
  });

  test('pages through transactions and reads one with its block', async (t) => {
    const { devnet } = await manualDevnet(t);
    for (let i = 0; i < 20; i++) {
      await devnet.network.faucet.give(SOMEBODY, COIN);
      await devnet.network.step();
    }
    const client = await clientOf(t, devnet);
    const { last } = await client.getMasterchainInfo();
    const { lastTx } = await client.getAccountState(SOMEBODY, last);
    const seen = [];
    let at = { lt: lastTx.lt, hash: lastTx.hash };
    while (at.lt !== 0n) {
      const hash = Buffer.from(at.hash.toString(16).padStart(64, '0'), 'hex');
      const { ids, transactions } = await client.getAccountTransactions(SOMEBODY, at.lt.toString(), hash, 16);
      const page = Cell.fromBoc(transactions).map((cell) => loadTransaction(cell.beginParse()));
      assert.equal(ids.length, page.length);
      page.forEach((transaction, i) => seen.push({ transaction, block: ids[i] }));
      at = { lt: page.at(-1).prevTransactionLt, hash: page.at(-1).prevTransactionHash };
    }
    assert.equal(seen.length, 20);
    const { transaction, block } = seen[5];
    const one = await client.getAccountTransaction(SOMEBODY, transaction.lt.toString(), block);
    assert.ok(Cell.fromBoc(one.transaction)[0].hash().equals(transaction.hash()));
    const proven = Cell.fromBoc(one.proof)[0].refs[0];
    assert.ok(proven.hash(0).equals(block.rootHash));
  });

  test('is lied to by lying_send', async (t) => {
    const { devnet, owner } = await manualDevnet(t);
    const client = await clientOf(t, devnet);
    await control(devnet, 'faults', { set: 'lying_send', server: 0 });
    const message = messageTo(owner, await transfer(owner, 0, SOMEBODY, 'lost'));
    assert.equal((await client.sendMessage(message)).status, 1);
    await control(devnet, 'blocks', { count: 3 });
    assert.equal(devnet.network.account(0, SOMEBODY.hash), undefined);
    const honest = await clientOf(t, devnet, 1);
    await honest.sendMessage(message);
    await control(devnet, 'blocks', { count: 1 });
    assert.ok(devnet.network.account(0, SOMEBODY.hash));
  });

  test('waits for slow, of one server alone', async (t) => {
    const { devnet } = await manualDevnet(t);
    await control(devnet, 'faults', { set: 'slow', server: 0, ms: 60_000 });
    const slow = await clientOf(t, devnet, 0);
    await assert.rejects(slow.getMasterchainInfo({ timeout: 100 }), /[Tt]imeout/);
    const quick = await clientOf(t, devnet, 1);
    assert.ok((await quick.getMasterchainInfo()).last.seqno > 0);
  });

  test('is told why a message is refused', async (t) => {
    const { devnet, owner } = await manualDevnet(t);
    const client = await clientOf(t, devnet);
    owner.key = new SigningKey(Buffer.alloc(32, 3));
    await assert.rejects(
      client.sendMessage(messageTo(owner, await transfer(owner, 0, SOMEBODY, 'forged'))),
      /cannot apply external message/,
    );
  });
});
