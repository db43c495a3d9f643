// The answers themselves, beside what mainnet's lite-servers sent (tests/data/ton).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Address, Cell, CellType, Dictionary } from '@ton/core';
import { COIN, devnetFor } from '../../clients/support.js';
import { sha256 } from '../chain/signing.js';
import { ACCOUNT_ANSWERS } from './answers_accounts.js';
import { BLOCK_ANSWERS } from './answers_blocks.js';
import { CHAIN_ANSWERS } from './answers_chain.js';
import { blockIdExt, TL } from './scheme.js';

const ANSWERS = { ...ACCOUNT_ANSWERS, ...BLOCK_ANSWERS, ...CHAIN_ANSWERS };
const SOMEBODY = new Address(0, Buffer.alloc(32, 0xab));
const ELECTOR = new Address(-1, Buffer.alloc(32, 0x33));

/** A devnet with some blocks, and how to ask it; questions and answers pass through TL as on the wire. */
async function asked(t, options) {
  const devnet = await devnetFor(t, { intervalMs: 'manual', keyBlockEvery: 4, ...options });
  const { network } = devnet;
  for (let i = 0; i < 8; i++) {
    await network.faucet.give(i % 2 === 0 ? SOMEBODY : new Address(0, Buffer.alloc(32, i)), COIN);
    await network.step();
  }
  const ask = async (name, fields = {}) => {
    const query = TL.decode(TL.encode({ _: `liteServer.${name}`, ...fields }));
    const context = { network, head: network.ledger.head, faults: devnet.faults.of(0) };
    return TL.decode(TL.encode(await ANSWERS[query._](context, query)));
  };
  const accountOf = (address) => ({
    _: 'liteServer.accountId',
    workchain: address.workChain,
    id: address.hash,
  });
  return { network, ask, accountOf, head: blockIdExt(network.ledger.head.id) };
}

function recorded(name) {
  const text = readFileSync(new URL(`../../../tests/data/ton/${name}`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => !line.startsWith('#'));
  if (name.endsWith('.txt')) return Object.fromEntries(lines.map((line) => line.split('=')));
  return TL.decode(Buffer.from(lines.join('').replace(/\s/g, ''), 'hex'));
}

// A tree as nested lists down to `depth`: what is shown and what is pruned.
function shape(cell, depth) {
  if (cell.isExotic && cell.type === CellType.PrunedBranch) return 'pruned';
  const kind = cell.isExotic ? CellType[cell.type] : 'cell';
  return depth === 0 ? kind : [kind, ...cell.refs.map((child) => shape(child, depth - 1))];
}

const rootsOf = (bytes) => Cell.fromBoc(Buffer.from(bytes));

describe("proofs have the shapes of mainnet's", () => {
  test('block to state, of both chains', async (t) => {
    const { ask, accountOf, head } = await asked(t);
    const base = await ask('getAccountState', { id: head, account: accountOf(SOMEBODY) });
    const theirs = recorded('read-basechain.txt');
    for (const name of ['shard_proof', 'proof']) {
      const [ourBlock, ourState] = rootsOf(base[name]);
      const [block, state] = rootsOf(Buffer.from(theirs[name], 'hex'));
      assert.deepEqual(shape(ourBlock, 4), shape(block, 4), name);
      assert.equal(ourState.type, state.type);
    }
    const master = await ask('getAccountState', { id: head, account: accountOf(ELECTOR) });
    const [theirBlock] = rootsOf(Buffer.from(recorded('read-masterchain.txt').proof, 'hex'));
    assert.deepEqual(shape(rootsOf(master.proof)[0], 4), shape(theirBlock, 4));
    assert.equal(master.shard_proof.length, 0);
  });

  test('links from key block to block', async (t) => {
    const { ask, network, head } = await asked(t);
    const first = blockIdExt(network.history.block(-1, 1).id);
    const proof = await ask('getBlockProof', { mode: 1, known_block: first, target_block: head });
    const [theirs] = recorded('one-link-ordinary.hex').steps;
    assert.equal(proof.complete, true);
    assert.ok(proof.steps.length >= 2);
    for (const link of proof.steps) {
      assert.equal(link._, theirs._);
      assert.deepEqual(shape(rootsOf(link.dest_proof)[0], 4), shape(rootsOf(theirs.dest_proof)[0], 4));
    }
  });
});

describe('answers', () => {
  test('go back from an ordinary block by the list of blocks in its state', async (t) => {
    const { ask, network, head } = await asked(t);
    const { id } = network.ledger.lastKeyBlock;
    const proof = await ask('getBlockProof', { mode: 1, known_block: head, target_block: blockIdExt(id) });
    const [link] = proof.steps;
    assert.equal(link._, 'liteServer.blockLinkBack');
    assert.deepEqual([proof.complete, link.to_key_block, proof.to.seqno], [true, true, id.seqno]);
    const [block] = rootsOf(link.proof);
    const [state] = rootsOf(link.state_proof);
    assert.ok(block.refs[0].hash(0).equals(head.root_hash));
    assert.ok(state.refs[0].hash(0).equals(block.refs[0].refs[2].bits.subbuffer(8 + 256, 256)));
  });

  test('give blocks and states whose hashes are those of the id', async (t) => {
    const { ask, head } = await asked(t);
    const { data } = await ask('getBlock', { id: head });
    assert.ok(sha256(data).equals(head.file_hash));
    assert.ok(rootsOf(data)[0].hash().equals(head.root_hash));
    const state = await ask('getState', { id: head });
    assert.ok(rootsOf(state.data)[0].hash().equals(state.root_hash));
    assert.ok(sha256(state.data).equals(state.file_hash));
  });

  test('prove some configuration parameters, or all', async (t) => {
    const { ask, network, head } = await asked(t);
    const dictionaryOf = ({ config_proof: proof }) => rootsOf(proof)[0].refs[0].refs[3].refs[1];
    const all = await ask('getConfigAll', { mode: 0, id: head });
    const read = Dictionary.loadDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell(), dictionaryOf(all));
    assert.deepEqual(read.keys().sort(), network.ledger.config.indexes.sort());
    const some = await ask('getConfigParams', { mode: 0, id: head, param_list: [19, 34, 35] });
    assert.ok(some.config_proof.length < all.config_proof.length);
    assert.ok(dictionaryOf(some).hash(0).equals(network.ledger.config.dictionary.hash()));
  });

  test('list the transactions of a block in parts, with a proof', async (t) => {
    const { ask, network } = await asked(t);
    const block = network.ledger.baseHead;
    const id = blockIdExt(block.id);
    const seen = [];
    let after;
    for (let isMore = true; isMore;) {
      const mode = 7 + 32 + (after ? 128 : 0);
      const part = await ask('listBlockTransactions', { id, mode, count: 1, after });
      assert.ok(rootsOf(part.proof)[0].refs[0].hash(0).equals(block.id.rootHash));
      seen.push(...part.ids);
      isMore = part.incomplete;
      after = { _: 'liteServer.transactionId3', account: part.ids[0].account, lt: part.ids[0].lt };
    }
    assert.deepEqual(
      seen.map(({ hash }) => hash),
      block.transactions.map(({ hash }) => hash),
    );
    const whole = await ask('listBlockTransactionsExt', { id, mode: 7, count: 10 });
    assert.deepEqual(
      rootsOf(whole.transactions).map((cell) => cell.hash()),
      seen.map(({ hash }) => hash),
    );
  });

  test('describe the shard, and say no to what is not there', async (t) => {
    const { ask, network, head, accountOf } = await asked(t);
    const shard = await ask('getShardInfo', { id: head, workchain: 0, shard: -(1n << 63n), exact: true });
    assert.ok(shard.shardblk.root_hash.equals(network.ledger.baseHead.id.rootHash));
    assert.ok(rootsOf(shard.shard_proof)[0].refs[0].hash(0).equals(head.root_hash));
    const unknown = { ...head, root_hash: Buffer.alloc(32, 1) };
    await assert.rejects(ask('getBlock', { id: unknown }), { code: 651 });
    await assert.rejects(ask('getShardInfo', { id: head, workchain: 0, shard: 1n << 62n, exact: true }), {
      code: 651,
    });
    const nowhere = { ...accountOf(SOMEBODY), workchain: 7 };
    await assert.rejects(ask('getAccountState', { id: head, account: nowhere }), { code: 621 });
  });
});
