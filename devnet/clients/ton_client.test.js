// @ton/ton's TonClient, unmodified, over the HTTP API.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Address, beginCell } from '@ton/core';
import { TonClient } from '@ton/ton';
import { SigningKey } from '../src/chain/signing.js';
import { COIN, devnetFor, fundedWallet, transfer, untilTrue } from './support.js';

const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));

function clientOf(devnet) {
  return new TonClient({ endpoint: `${devnet.facts().http}jsonRPC` });
}

describe("@ton/ton's TonClient", () => {
  test('sends from a wallet, calls its get-method and reads states', async (t) => {
    const devnet = await devnetFor(t);
    const client = clientOf(devnet);
    const owner = await fundedWallet(devnet, 'owner');
    assert.equal(await client.getBalance(owner.wallet.address), 10n * COIN);
    assert.equal(await client.isContractDeployed(owner.wallet.address), false);

    const opened = client.open(owner.wallet);
    for (let seqno = 0; seqno < 2; seqno++) {
      await opened.send(await transfer(owner, seqno, SOMEBODY, `number ${seqno}`));
      await untilTrue(
        async () =>
          (await client.isContractDeployed(owner.wallet.address)) && (await opened.getSeqno()) === seqno + 1,
      );
    }
    const state = await client.getContractState(SOMEBODY);
    assert.equal(state.state, 'uninitialized');
    assert.ok(state.balance > (19n * COIN) / 10n && state.balance <= 2n * COIN);
    const { stack } = await client.runMethod(owner.wallet.address, 'get_public_key');
    assert.equal(stack.readBigNumber().toString(16).padStart(64, '0'), owner.wallet.publicKey.toString('hex'));
    assert.ok((await opened.getBalance()) < 8n * COIN);
  });

  test('pages through transactions, newest first, without gap or repeat', async (t) => {
    const devnet = await devnetFor(t, { intervalMs: 'manual' });
    for (let i = 0; i < 25; i++) {
      await devnet.network.faucet.give(SOMEBODY, COIN);
      await devnet.network.step();
    }
    const client = clientOf(devnet);
    const seen = [];
    let page = await client.getTransactions(SOMEBODY, { limit: 10 });
    while (page.length > 0) {
      seen.push(...page);
      const last = page.at(-1);
      page = await client.getTransactions(SOMEBODY, {
        limit: 10,
        lt: last.lt.toString(),
        hash: last.hash().toString('base64'),
      });
    }
    assert.equal(seen.length, 25);
    assert.ok(seen.every((transaction, i) => i === 0 || transaction.lt === seen[i - 1].prevTransactionLt));
    assert.equal(seen[0].inMessage.info.value.coins, COIN);
    const found = await client.getTransaction(
      SOMEBODY,
      seen[3].lt.toString(),
      seen[3].hash().toString('base64'),
    );
    assert.ok(found.hash().equals(seen[3].hash()));
    const { src, createdLt } = seen[3].inMessage.info;
    assert.ok(
      (await client.tryLocateResultTx(src, SOMEBODY, createdLt.toString())).hash().equals(found.hash()),
    );
    assert.equal((await client.tryLocateSourceTx(src, SOMEBODY, createdLt.toString())).outMessagesCount, 1);
  });

  test('estimates a fee close to the one that is then charged', async (t) => {
    const devnet = await devnetFor(t, { intervalMs: 'manual' });
    const client = clientOf(devnet);
    const giving = fundedWallet(devnet, 'payer');
    await devnet.network.step();
    const owner = await giving;
    const body = await transfer(owner, 0, SOMEBODY, 'for you');
    const { init } = owner.wallet;
    const { source_fees: fees } = await client.estimateExternalMessageFee(owner.wallet.address, {
      body,
      initCode: init.code,
      initData: init.data,
      ignoreSignature: true,
    });
    await client.sendExternalMessage(owner.wallet, body);
    await devnet.network.step();
    const [charged] = await client.getTransactions(owner.wallet.address, { limit: 1 });
    const estimated = BigInt(fees.in_fwd_fee + fees.storage_fee + fees.gas_fee);
    assert.ok(fees.gas_fee > 0 && fees.fwd_fee > 0);
    const difference = charged.totalFees.coins - estimated;
    assert.ok(
      difference >= 0n && difference <= BigInt(fees.fwd_fee),
      `${estimated} estimated, ${charged.totalFees.coins} charged`,
    );
  });

  test('lists blocks, shards and their transactions', async (t) => {
    const devnet = await devnetFor(t, { intervalMs: 'manual' });
    await devnet.network.faucet.give(SOMEBODY, COIN);
    await devnet.network.step();
    const client = clientOf(devnet);
    const { latestSeqno } = await client.getMasterchainInfo();
    assert.equal(latestSeqno, devnet.network.ledger.head.id.seqno);
    const [shard] = await client.getWorkchainShards(latestSeqno);
    const listed = await client.getShardTransactions(shard.workchain, shard.seqno, shard.shard);
    assert.deepEqual(
      new Set(listed.map(({ account }) => account.toString())),
      new Set([SOMEBODY.toString(), devnet.network.faucet.address.toString()]),
    );
  });

  test('is told why a message is refused', async (t) => {
    const devnet = await devnetFor(t);
    const client = clientOf(devnet);
    await assert.rejects(client.sendFile(Buffer.from('nonsense')), /500/);
    const owner = await fundedWallet(devnet, 'forger');
    owner.key = new SigningKey(Buffer.alloc(32, 3));
    await assert.rejects(
      client.sendExternalMessage(owner.wallet, await transfer(owner, 0, SOMEBODY, beginCell().endCell())),
      /500/,
    );
  });
});
