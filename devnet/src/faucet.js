// Coins for whoever asks: an ordinary wallet (v4 R2) that genesis filled, whose key follows from the network's secret.
import { external, internal, SendMode, beginCell, storeMessage } from '@ton/core';
import { WalletContractV4 } from '@ton/ton';
import { SigningKey } from './chain/signing.js';
import { readAccount } from './chain/account.js';
import { BASECHAIN } from './chain/tlb.js';

const VALID_SECONDS = 3_600;
const NANO_MAX = 1_000_000n * 10n ** 9n;

export class Faucet {
  /** @param {import('./network.js').Network} network */
  constructor(network) {
    this.network = network;
    this.key = SigningKey.derive(network.options.secret, 'faucet');
    this.wallet = WalletContractV4.create({ workchain: BASECHAIN, publicKey: this.key.publicKey });
  }

  get address() {
    return this.wallet.address;
  }

  /**
   * Sends coins in the next block.
   * @param {import('@ton/core').Address} to
   * @param {bigint} nano
   * @param {{ init?: import('@ton/core').StateInit, body?: import('@ton/core').Cell }} [more] of the message
   */
  async give(to, nano, more = {}) {
    if (nano <= 0n || nano > NANO_MAX) throw new RangeError(`from 1 to ${NANO_MAX} nano at a time`);
    await this.network.exclusively(async () => this.network.enqueue(await this.#message(to, nano, more)));
  }

  // Between two steps, so that what this wallet sent has either run or still waits.
  async #message(to, nano, more) {
    const waiting = this.network.pending.filter(({ account }) => account.equals(this.address.hash)).length;
    const seqno = this.#walletSeqno() + waiting;
    const body = await this.wallet.createTransfer({
      seqno,
      signer: async (payload) => this.key.sign(payload.hash()),
      timeout: this.network.clock.seconds + VALID_SECONDS,
      sendMode: SendMode.PAY_GAS_SEPARATELY,
      messages: [internal({ to, value: nano, bounce: false, ...more })],
    });
    const message = external({ to: this.address, body, init: seqno === 0 ? this.wallet.init : undefined });
    return beginCell().store(storeMessage(message)).endCell().toBoc();
  }

  #walletSeqno() {
    const state = this.network.account(BASECHAIN, this.address.hash);
    const account = state && readAccount(state.account);
    if (account?.storage.state.type !== 'active') return 0;
    return account.storage.state.state.data.beginParse().loadUint(32);
  }
}
