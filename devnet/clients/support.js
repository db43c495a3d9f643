// What the tests of independent clients share: a devnet of their own, a wallet in it, waiting.
import { internal, SendMode } from '@ton/core';
import { WalletContractV4 } from '@ton/ton';
import { SigningKey } from '../src/chain/signing.js';
import { startDevnet } from '../src/devnet.js';
import { createExecutor } from '../src/executor/executor.js';

let executor;

/** A devnet that ends with the test. One executor serves all of a file's. */
export async function devnetFor(test, options = {}) {
  executor ??= await createExecutor();
  const devnet = await startDevnet({ executor, secret: Buffer.alloc(32, 7), intervalMs: 50, ...options });
  test.after(() => devnet.close());
  return devnet;
}

export const COIN = 10n ** 9n;

/** @returns {Promise<any>} of a control or API endpoint */
export async function post(url, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${response.status}: ${answer.error}`);
  return answer;
}

export function control(devnet, path, body) {
  return post(`${devnet.facts().control}/${path}`, body);
}

/** An ordinary wallet with coins on it. */
export async function fundedWallet(devnet, name, coins = 10n) {
  const key = SigningKey.derive(Buffer.alloc(32), name);
  const wallet = WalletContractV4.create({ workchain: 0, publicKey: key.publicKey });
  await devnet.network.faucet.give(wallet.address, coins * COIN);
  await untilTrue(() => devnet.network.account(0, wallet.address.hash));
  return { wallet, key };
}

/** The body of a transfer of one coin, signed. @returns {Promise<import('@ton/core').Cell>} */
export function transfer({ wallet, key }, seqno, to, body, timeout) {
  const messages = [internal({ to, value: COIN, bounce: false, body })];
  const signer = async (payload) => key.sign(payload.hash());
  return wallet.createTransfer({ seqno, signer, sendMode: SendMode.PAY_GAS_SEPARATELY, messages, timeout });
}

/** Asks every 10 ms until the answer is true, for at most ten seconds. */
export async function untilTrue(ask) {
  const giveUp = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > giveUp) throw new Error('it did not come true in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
