import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Address, Cell, loadShardStateUnsplit, loadTransaction } from '@ton/core';
import { applyUpdate } from '../cells/proof.js';
import { createExecutor } from '../executor/executor.js';
import { Network } from '../network.js';
import { Clock } from './clock.js';
import { sha256 } from './signing.js';

const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));
const ON_MASTERCHAIN = new Address(-1, Buffer.alloc(32, 0xab));
const COIN = 10n ** 9n;
const executor = await createExecutor();

async function networkWith(options = {}) {
  const network = new Network(executor, { secret: Buffer.alloc(32, 5), intervalMs: 'manual', ...options });
  network.clock = new Clock(() => 1_750_000_000_000);
  await network.begin();
  return network;
}

describe('blocks', () => {
  test('begin, and go on, with a new one whose seqno is a multiple of what is asked for', async () => {
    const network = await networkWith({ beginAtMultiple: 16 });
    assert.equal(network.ledger.head.id.seqno, 16);
    await network.begin();
    assert.equal(network.ledger.head.id.seqno, 32);
  });

  test('carry updates that lead from each state to the next, of both chains', async () => {
    const network = await networkWith();
    for (let i = 0; i < 8; i++) {
      const before = [-1, 0].map((workchain) => network.ledger.heads.get(workchain));
      await network.faucet.give(i % 2 === 0 ? SOMEBODY : ON_MASTERCHAIN, BigInt(i + 1) * COIN);
      network.rotateNext = i === 5;
      await network.step();
      for (const prev of before) {
        const next = network.ledger.heads.get(prev.id.workchain);
        assert.equal(next.id.seqno, prev.id.seqno + 1);
        const [root] = Cell.fromBoc(next.boc);
        assert.ok(root.hash().equals(next.id.rootHash));
        assert.ok(sha256(next.boc).equals(next.id.fileHash));
        assert.ok(applyUpdate(root.refs[2], prev.state.root).hash().equals(next.state.root.hash()));
      }
    }
    await network.step();
    assert.equal(network.account(-1, ON_MASTERCHAIN.hash).balance, 20n * COIN);
  });

  test('neither make nor lose a coin but for fees', async () => {
    const network = await networkWith();
    const total = () => network.ledger.baseHead.state.accounts.extra + network.ledger.head.state.accounts.extra;
    const before = total();
    for (let i = 0; i < 4; i++) {
      await network.faucet.give(i % 2 === 0 ? SOMEBODY : ON_MASTERCHAIN, COIN);
      await network.step();
    }
    await network.step();
    const blocks = [...network.history.chains.values()].flatMap((chain) => [...chain.values()]);
    const fees = blocks.reduce((sum, { feesCollected }) => sum + feesCollected, 0n);
    assert.equal(before - total(), fees);
  });

  test("hold states that @ton/core reads, and each transaction's predecessor", async () => {
    const network = await networkWith();
    for (let i = 0; i < 3; i++) {
      await network.faucet.give(SOMEBODY, COIN);
      await network.step();
    }
    const state = loadShardStateUnsplit(network.ledger.head.state.root.beginParse());
    assert.equal(state.seqno, network.ledger.head.id.seqno);
    const kept = network.history.transactions(
      0,
      SOMEBODY.hash,
      network.account(0, SOMEBODY.hash).lastTransLt,
      10,
    );
    assert.equal(kept.length, 3);
    kept.forEach(({ boc, prevHash }, i) => {
      const transaction = loadTransaction(Cell.fromBoc(boc)[0].beginParse());
      assert.ok(transaction.hash().equals(kept[i].hash));
      assert.ok(prevHash.equals(kept[i + 1]?.hash ?? Buffer.alloc(32)));
    });
  });

  test('follow from their inputs to the byte', async () => {
    const [one, other] = [await networkWith(), await networkWith()];
    for (const network of [one, other]) {
      for (let i = 0; i < 5; i++) {
        await network.faucet.give(SOMEBODY, COIN);
        await network.faucet.give(ON_MASTERCHAIN, COIN);
        network.rotateNext = i === 2;
        await network.step();
      }
    }
    assert.ok(one.ledger.head.id.fileHash.equals(other.ledger.head.id.fileHash));
  });
});

describe('what is remembered', () => {
  test('has a bound, key blocks aside', async () => {
    const limits = { statesMax: 8, blocksMax: 16, transactionsMax: 20 };
    const network = await networkWith({ limits, keyBlockEvery: 10 });
    for (let i = 0; i < 60; i++) {
      await network.faucet.give(SOMEBODY, COIN);
      await network.step();
    }
    const { history } = network;
    const blocks = [...history.chains.get(-1).values()];
    assert.equal(blocks.filter(({ state }) => state).length, 8);
    assert.ok(blocks.length <= 16 + history.keyBlocks.length);
    assert.equal([...history.allTransactions()].length, 20);
    assert.equal(
      history.transactions(0, SOMEBODY.hash, network.account(0, SOMEBODY.hash).lastTransLt, 100).length,
      10,
    );
    assert.ok(history.block(-1, 1).isKey);
  });
});
