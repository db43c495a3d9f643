// Accounts as cells, and what a reader wants of one.
import { Address, beginCell, loadAccount, storeAccount } from '@ton/core';

const NO_HASH = Buffer.alloc(32);

/** account_none$0, without transactions. @type {import('../executor/executor.js').AccountState} */
export const NO_ACCOUNT = {
  account: beginCell().storeBit(0).endCell(),
  lastTransHash: NO_HASH,
  lastTransLt: 0n,
};

/** An account that holds coins and no code yet. */
export function fundedAccount(address, balance, now) {
  const account = beginCell().storeBit(1);
  storeAccount({
    addr: address,
    storageStats: { used: { cells: 1n, bits: 103n }, lastPaid: now, duePayment: null, storageExtra: null },
    storage: { lastTransLt: 0n, balance: { coins: balance }, state: { type: 'uninit' } },
  })(account);
  return withBalance({ account: account.endCell(), lastTransHash: NO_HASH, lastTransLt: 0n }, balance);
}

/** Adds the balance, which the accounts' hashmap sums up. @returns {import('./maps.js').ShardAccount | null} */
export function shardAccount(state) {
  const account = readAccount(state.account);
  return account ? withBalance(state, account.storage.balance.coins) : null;
}

function withBalance(state, balance) {
  return { ...state, balance };
}

/** @returns {import('@ton/core').Account | null} null for account_none */
export function readAccount(cell) {
  const slice = cell.beginParse();
  return slice.loadBit() ? loadAccount(slice) : null;
}

export function addressOf(workchain, hash) {
  return new Address(workchain, hash);
}
