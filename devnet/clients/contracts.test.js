// Cocoon's payment channel on the devnet, from its pinned code and the vectors of its format: what they sign for this network
// pays, what they sign for another one does not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Address, Cell, SendMode, contractAddress, internal } from '@ton/core';
import { TonClient } from '@ton/ton';
import { COIN, control, devnetFor, fundedWallet, untilTrue } from './support.js';

const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'));
const cellOf = (hex) => Cell.fromBoc(Buffer.from(hex, 'hex'))[0];

const code = cellOf(read('contracts/code/channel.json').boc);
const vectors = read('tests/data/formats/channel.json');
const fresh = cellOf(vectors.states.find(({ name }) => name === 'fresh').data);

function redeemFor(network) {
  const voucher = vectors.vouchers.find((each) => each.network === network && each.channel.account === vectors.address.account);
  return { cumulative: BigInt(voucher.cumulative_nano), epoch: voucher.epoch, body: cellOf(voucher.redeem_body) };
}

test('a payment channel opens, refuses a voucher for mainnet and pays one for the devnet', async (t) => {
  const devnet = await devnetFor(t);
  const client = new TonClient({ endpoint: `${devnet.facts().http}jsonRPC` });
  const here = redeemFor(-777);
  await control(devnet, 'clock', { freeze: here.epoch });
  const { wallet, key } = await fundedWallet(devnet, 'payer');
  const init = { code, data: fresh };
  const channel = contractAddress(0, init);
  assert.equal(channel.hash.toString('hex'), vectors.address.account);

  let seqno = 0;
  const send = async (message) => {
    const transfer = await wallet.createTransfer({
      seqno,
      signer: async (payload) => key.sign(payload.hash()),
      sendMode: SendMode.PAY_GAS_SEPARATELY,
      messages: [internal({ to: channel, bounce: true, ...message })],
      timeout: here.epoch + 60,
    });
    await client.open(wallet).send(transfer);
    seqno += 1;
    await untilTrue(async () => (await client.getTransactions(channel, { limit: 10 })).length >= seqno);
  };
  const figures = async () => {
    const { data } = await client.getContractState(channel);
    const slice = Cell.fromBoc(data)[0].beginParse();
    return { epoch: slice.loadUint(32), status: slice.loadUint(8), deposit: slice.skip(32).loadUintBig(120), paid: slice.loadUintBig(120) };
  };

  await send({ value: 2n * COIN, init });
  assert.deepEqual(await figures(), { epoch: here.epoch, status: 1, deposit: 1_948_000_000n, paid: 0n });
  await send({ value: COIN / 20n, body: redeemFor(-239).body });
  assert.equal((await figures()).paid, 0n);
  await send({ value: COIN / 20n, body: here.body });
  assert.equal((await figures()).paid, here.cumulative);
  const payee = new Address(0, Buffer.alloc(32, 0x0b));
  await untilTrue(async () => (await client.getBalance(payee)) >= here.cumulative);
});
