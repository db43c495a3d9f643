// The augmented hashmaps of blocks and states: what each stores and sums up.
import { beginCell } from '@ton/core';
import { Hashmap, keyOf } from '../cells/hashmap.js';
import { storeCoins, storeExtBlockRef } from './tlb.js';

const COINS = { empty: 0n, combine: (left, right) => left + right, write: storeCoins };

/**
 * ShardAccounts: HashmapAugE 256 ShardAccount DepthBalanceInfo.
 * @typedef {{ account: import('@ton/core').Cell, lastTransHash: Buffer, lastTransLt: bigint, balance: bigint }} ShardAccount
 */
export const SHARD_ACCOUNTS = {
  keyBits: 256,
  writeValue: (builder, value) =>
    builder.storeRef(value.account).storeBuffer(value.lastTransHash).storeUint(value.lastTransLt, 64),
  aug: {
    ...COINS,
    of: (value) => value.balance,
    write: (builder, coins) => storeCoins(builder.storeUint(0, 5), coins),
  },
};

/** The transactions of one account in one block: HashmapAug 64 ^Transaction CurrencyCollection. */
const TRANSACTIONS = {
  keyBits: 64,
  writeValue: (builder, transaction) => builder.storeRef(transaction.cell),
  aug: { ...COINS, of: (transaction) => transaction.totalFees },
};

/** ShardAccountBlocks: HashmapAugE 256 AccountBlock CurrencyCollection, with acc_trans#5. */
const ACCOUNT_BLOCKS = {
  keyBits: 256,
  writeValue: (builder, block) => {
    builder.storeUint(5, 4).storeBuffer(block.address);
    block.transactions.storeInline(builder);
    builder.storeRef(hashUpdate(block.before, block.after));
  },
  aug: { ...COINS, of: (block) => block.transactions.extra },
};

/** update_hashes#72 old_hash:bits256 new_hash:bits256 */
function hashUpdate(before, after) {
  return beginCell().storeUint(0x72, 8).storeBuffer(before).storeBuffer(after).endCell();
}

/** @param {import('./collate.js').Transaction[]} transactions of a block, in the order in which they ran */
export function accountBlocks(transactions) {
  const byAccount = new Map();
  for (const transaction of transactions) {
    const name = transaction.account.toString('hex');
    const known = byAccount.get(name);
    const block = known ?? {
      address: transaction.account,
      transactions: new Hashmap(TRANSACTIONS),
      before: transaction.stateBefore,
    };
    block.transactions = block.transactions.set(keyOf(transaction.lt, 64), transaction);
    block.after = transaction.stateAfter;
    byAccount.set(name, block);
  }
  let blocks = new Hashmap(ACCOUNT_BLOCKS);
  for (const [name, block] of byAccount) blocks = blocks.set(keyOf(`0x${name}`, 256), block);
  return blocks;
}

/** OldMcBlocksInfo: HashmapAugE 32 KeyExtBlkRef KeyMaxLt. */
export const OLD_BLOCKS = {
  keyBits: 32,
  writeValue: (builder, block) => storeExtBlockRef(builder.storeBit(block.isKey), block),
  aug: {
    empty: { isKey: false, endLt: 0n },
    of: (block) => ({ isKey: block.isKey, endLt: block.endLt }),
    combine: (left, right) => ({
      isKey: left.isKey || right.isKey,
      endLt: left.endLt > right.endLt ? left.endLt : right.endLt,
    }),
    write: (builder, extra) => builder.storeBit(extra.isKey).storeUint(extra.endLt, 64),
  },
};

const FEES = {
  empty: { fees: 0n, value: 0n },
  combine: (left, right) => ({ fees: left.fees + right.fees, value: left.value + right.value }),
  of: (value) => value.sums,
};

/** InMsgDescr: HashmapAugE 256 InMsg ImportFees. */
export const IN_MESSAGES = {
  keyBits: 256,
  writeValue: (builder, value) => builder.storeSlice(value.cell.beginParse()),
  aug: { ...FEES, write: (builder, extra) => storeCoins(builder.storeCoins(extra.fees), extra.value) },
};

/** OutMsgDescr: HashmapAugE 256 OutMsg CurrencyCollection. */
export const OUT_MESSAGES = {
  keyBits: 256,
  writeValue: (builder, value) => builder.storeSlice(value.cell.beginParse()),
  aug: { ...COINS, of: (value) => value.exported },
};

/** ShardFees: HashmapAugE 96 ShardFeeCreated ShardFeeCreated. */
export const SHARD_FEES = {
  keyBits: 96,
  writeValue: (builder, fees) => storeCoins(storeCoins(builder, fees), 0n),
  aug: { ...COINS, of: (fees) => fees, write: (builder, fees) => storeCoins(storeCoins(builder, fees), 0n) },
};
