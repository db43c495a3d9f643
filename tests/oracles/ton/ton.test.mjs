// src/ton beside @ton/core, @ton/ton and @ton/crypto. COCOON_BUILD_DIR, CASES and SEED as in README.md.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Address, beginCell, BitString, Cell, Dictionary, external, internal, SendMode, storeMessage } from '@ton/core';
import { keyPairFromSeed, mnemonicNew, mnemonicToPrivateKey, mnemonicValidate } from '@ton/crypto';
import { WalletContractV4, WalletContractV5R1 } from '@ton/ton';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const program = `${process.env.COCOON_BUILD_DIR ?? `${root}/build`}/tests/ton_oracle`;
const cases = Number(process.env.CASES ?? 10_000);
let state = Number(process.env.SEED ?? 20_261_125) | 0;

// Mulberry32: the same draw for the same seed.
function draw(range) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % range;
}

function drawBytes(count) {
  return Buffer.from(Array.from({ length: count }, () => draw(256)));
}

function drawBits(count) {
  const bytes = draw(4) === 0 ? Buffer.alloc(128, draw(2) * 255) : drawBytes(Math.ceil(count / 8));
  return new BitString(bytes, 0, count);
}

// Asks everything at once; the answers come in the order of the requests.
async function ask(requests) {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const ended = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.end(`${requests.join('\n')}\n`);
  assert.equal(await ended, 0);
  const answers = Buffer.concat(chunks).toString().trimEnd().split('\n');
  assert.equal(answers.length, requests.length);
  return answers;
}

function drawTree() {
  const cells = [];
  const count = 1 + draw(16);
  for (let i = 0; i < count; i += 1) {
    const cell = beginCell().storeBits(drawBits(draw(8) === 0 ? 1023 : draw(300)));
    const refs = cells.length === 0 ? 0 : draw(5);
    for (let r = 0; r < refs; r += 1) cell.storeRef(cells[cells.length - 1 - draw(Math.min(cells.length, 6))]);
    cells.push(cell.endCell());
  }
  return cells.at(-1);
}

test(`${cases} random bags of @ton/core read as the same cells and are written byte for byte`, async () => {
  const trees = Array.from({ length: cases }, drawTree);
  const options = [{ idx: false, crc32: true }, { idx: true, crc32: true }, { idx: false, crc32: false }];
  const answers = await ask(trees.map((tree, i) => `boc ${tree.toBoc(options[i % 3]).toString('hex')}`));
  trees.forEach((tree, i) => {
    const boc = tree.toBoc(options[0]).toString('hex');
    assert.equal(answers[i], `${tree.hash().toString('hex')} ${tree.depth()} ${boc}`);
  });
});

test(`${cases} random bags of ours read as the same cells in @ton/core`, async () => {
  const answers = await ask(Array.from({ length: cases }, (_, i) => `make ${i}`));
  for (const answer of answers) {
    const [hash, boc] = answer.split(' ');
    const [cell, ...more] = Cell.fromBoc(Buffer.from(boc, 'hex'));
    assert.equal(more.length, 0);
    assert.equal(cell.hash().toString('hex'), hash);
    assert.equal(cell.toBoc({ idx: false, crc32: true }).toString('hex'), boc);
  }
});

const cellValue = {
  serialize: (value, builder) => builder.storeSlice(value.beginParse()),
  parse: (slice) => slice.asCell(),
};

test(`${cases} random hashmaps of @ton/core read and are written byte for byte`, async () => {
  const widths = [8, 16, 32, 64, 256];
  const maps = Array.from({ length: cases }, (_, i) => {
    const map = Dictionary.empty(Dictionary.Keys.BitString(widths[i % widths.length]), cellValue);
    const count = 1 + draw(12);
    for (let n = 0; n < count; n += 1) {
      map.set(drawBits(widths[i % widths.length]), beginCell().storeBits(drawBits(draw(200))).endCell());
    }
    return { width: widths[i % widths.length], map, root: beginCell().storeDictDirect(map).endCell() };
  });
  const requests = maps.map(({ width, root: cell }) => `dict ${width} ${cell.toBoc({ idx: false, crc32: true }).toString('hex')}`);
  const answers = await ask(requests);
  maps.forEach(({ map, root: cell }, i) => {
    assert.equal(answers[i], `${cell.toBoc({ idx: false, crc32: true }).toString('hex')} ${map.size}`);
  });
  const lookups = maps.slice(0, 1000).map(({ width, map, root: cell }, i) => {
    const key = i % 2 === 0 ? map.keys()[0] : drawBits(width);
    return { key, expected: map.get(key), cell };
  });
  const found = await ask(lookups.map(({ key, cell }) => `lookup ${key.subbuffer(0, key.length).toString('hex')} ${cell.toBoc().toString('hex')}`));
  lookups.forEach(({ expected }, i) => assert.equal(found[i], expected ? expected.hash().toString('hex') : 'absent'));
});

test(`${cases} random hashmaps of ours read in @ton/core and are written byte for byte`, async () => {
  const widths = [8, 16, 32, 64, 256];
  const answers = await ask(Array.from({ length: cases }, (_, i) => `make_dict ${widths[i % 5]} ${i}`));
  answers.forEach((boc, i) => {
    const [cell] = Cell.fromBoc(Buffer.from(boc, 'hex'));
    const map = Dictionary.loadDirect(Dictionary.Keys.BitString(widths[i % 5]), cellValue, cell);
    assert.ok(map.size > 0);
    assert.equal(beginCell().storeDictDirect(map).endCell().hash().toString('hex'), cell.hash().toString('hex'));
  });
});

test('recorded cells of the main network, exotic ones too, are the same to both', async () => {
  const hex = (name) => readFileSync(`${root}/tests/data/ton/${name}`, 'utf8').replace(/^#.*$/gm, '').replace(/\s/g, '');
  const field = (name, key) => readFileSync(`${root}/tests/data/ton/${name}`, 'utf8').match(new RegExp(`^${key}=(.+)$`, 'm'))[1];
  const bags = ['block-basechain.hex', 'block-masterchain.hex', 'active-account.hex', 'uninit-account.hex'].map(hex);
  bags.push(field('read-basechain.txt', 'state'), field('read-masterchain.txt', 'state'));
  // One root of each proof: a bag of ours has one root here.
  for (const [name, key] of [['read-basechain.txt', 'proof'], ['read-basechain.txt', 'shard_proof'], ['read-absent.txt', 'proof']]) {
    for (const cell of Cell.fromBoc(Buffer.from(field(name, key), 'hex'))) bags.push(cell.toBoc({ idx: false, crc32: true }).toString('hex'));
  }
  const answers = await ask(bags.map((bag) => `boc ${bag}`));
  bags.forEach((bag, i) => {
    const [cell] = Cell.fromBoc(Buffer.from(bag, 'hex'));
    assert.equal(answers[i], `${cell.hash().toString('hex')} ${cell.depth()} ${cell.toBoc({ idx: false, crc32: true }).toString('hex')}`);
  });
});

test('wallet addresses and signed messages are those of @ton/ton', async () => {
  const requests = [];
  const expected = [];
  for (let i = 0; i < 200; i += 1) {
    const seed = drawBytes(32);
    const keys = keyPairFromSeed(seed);
    const network = [-239, -3, -777][i % 3];
    const wallets = {
      v4: WalletContractV4.create({ workchain: 0, publicKey: keys.publicKey }),
      v5: WalletContractV5R1.create({ workchain: 0, publicKey: keys.publicKey, walletId: { networkGlobalId: network } }),
    };
    for (const [version, wallet] of Object.entries(wallets)) {
      requests.push(`wallet ${version} ${network} ${seed.toString('hex')}`);
      expected.push(wallet.address.toString({ bounceable: false }));
      const seqno = draw(3) === 0 ? 0 : draw(1_000_000);
      const timeout = 1_800_000_000 + draw(1000);
      const to = new Address(draw(5) === 0 ? -1 : 0, drawBytes(32));
      const bounce = draw(2) === 0;
      const amount = BigInt(draw(2_000_000_000)) * BigInt(1 + draw(1000));
      const comment = 'ä'.repeat(draw(150)) + 'x';
      const body = beginCell().storeUint(0, 32).storeStringTail(comment).endCell();
      const transfer = wallet.createTransfer({
        seqno, timeout, secretKey: keys.secretKey, sendMode: SendMode.PAY_GAS_SEPARATELY + SendMode.IGNORE_ERRORS,
        messages: [internal({ to, value: amount, bounce, body })],
      });
      const message = external({ to: wallet.address, init: seqno === 0 ? wallet.init : undefined, body: transfer });
      const address = to.toString({ bounceable: bounce });
      requests.push(`transfer ${version} ${network} ${seed.toString('hex')} ${seqno} ${timeout} ${address} ${amount} ${Buffer.from(comment).toString('hex')}`);
      expected.push(beginCell().store(storeMessage(message)).endCell().toBoc({ idx: false, crc32: true }).toString('hex'));
    }
  }
  const answers = await ask(requests);
  answers.forEach((answer, i) => assert.equal(answer, expected[i], requests[i]));
});

test('recovery phrases are those of @ton/crypto', async () => {
  const phrases = [];
  for (let i = 0; i < 5; i += 1) phrases.push(await mnemonicNew());
  const answers = await ask(phrases.map((words) => `phrase ${words.join(' ').toUpperCase()}`));
  for (const [i, words] of phrases.entries()) {
    const pair = await mnemonicToPrivateKey(words);
    assert.equal(answers[i], pair.secretKey.subarray(0, 32).toString('hex'));
  }
  const ours = await ask(Array.from({ length: 600 }, () => `phrase_from ${drawBytes(33).toString('hex')}`));
  const made = ours.filter((answer) => answer !== 'refused');
  for (const phrase of made) assert.ok(await mnemonicValidate(phrase.split(' ')), phrase);
  const wrong = phrases[0].with(0, phrases[0][0] === 'abandon' ? 'ability' : 'abandon');
  const [answer] = await ask([`phrase ${wrong.join(' ')}`]);
  assert.equal(answer === 'refused', !(await mnemonicValidate(wrong)));
});
