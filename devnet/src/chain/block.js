// Blocks as cells: block#11ef55aa with its header, value flow, state update and extra.
import { beginCell } from '@ton/core';
import { Hashmap, keyOf } from '../cells/hashmap.js';
import { SHARD_FEES } from './maps.js';
import { MASTERCHAIN, storeCoins, storeExtBlockRef, storeGlobalVersion, storeShardIdent, when } from './tlb.js';

/**
 * block_info#9bc7a987
 * @param {{ workchain: number, isKey: boolean, seqno: number, genUtime: number, startLt: bigint, endLt: bigint,
 *   validatorListHash: number, catchainSeqno: number, minRefMcSeqno: number, prevKeySeqno: number, software: object,
 *   masterRef?: object, prev: object }} header
 */
export function blockInfo(header) {
  const isMaster = header.workchain === MASTERCHAIN;
  const builder = beginCell().storeUint(0x9bc7a987, 32).storeUint(0, 32).storeBit(!isMaster);
  builder.storeUint(0, 5).storeBit(header.isKey).storeBit(0).storeUint(1, 8);
  builder.storeUint(header.seqno, 32).storeUint(0, 32);
  storeShardIdent(builder, header.workchain);
  builder.storeUint(header.genUtime, 32).storeUint(header.startLt, 64).storeUint(header.endLt, 64);
  builder.storeUint(header.validatorListHash, 32).storeUint(header.catchainSeqno, 32);
  builder.storeUint(header.minRefMcSeqno, 32).storeUint(header.prevKeySeqno, 32);
  storeGlobalVersion(builder, header.software);
  when(builder, !isMaster, (b) => b.storeRef(storeExtBlockRef(beginCell(), header.masterRef).endCell()));
  return builder.storeRef(storeExtBlockRef(beginCell(), header.prev).endCell()).endCell();
}

/** value_flow#b8e48dfb, in nano. */
export function valueFlow(flow) {
  const state = beginCell();
  for (const coins of [flow.before, flow.after, flow.imported, flow.exported]) storeCoins(state, coins);
  const created = beginCell();
  for (const coins of [flow.feesImported, flow.feesRecovered, 0n, 0n]) storeCoins(created, coins);
  const builder = beginCell().storeUint(0xb8e48dfb, 32).storeRef(state.endCell());
  return storeCoins(builder, flow.feesCollected).storeRef(created.endCell()).endCell();
}

/**
 * block_extra#4a33f6fd
 * @param {{ inMessages: Hashmap, outMessages: Hashmap, accountBlocks: Hashmap, randSeed: Buffer, createdBy: Buffer,
 *   custom?: import('@ton/core').Cell }} extra
 */
export function blockExtra(extra) {
  const builder = beginCell().storeUint(0x4a33f6fd, 32);
  for (const map of [extra.inMessages, extra.outMessages, extra.accountBlocks]) {
    const cell = beginCell();
    map.storeE(cell);
    builder.storeRef(cell.endCell());
  }
  return builder
    .storeBuffer(extra.randSeed)
    .storeBuffer(extra.createdBy)
    .storeMaybeRef(extra.custom ?? null)
    .endCell();
}

/**
 * masterchain_block_extra#cca5
 * @param {{ shards: import('@ton/core').Cell, shardFees: bigint | null,
 *   config: import('./config.js').ChainConfig | null }} extra
 */
export function masterchainBlockExtra(extra) {
  let fees = new Hashmap(SHARD_FEES);
  if (extra.shardFees !== null) fees = fees.set(keyOf(0, 32) + keyOf(1n << 63n, 64), extra.shardFees);
  const builder = beginCell().storeUint(0xcca5, 16).storeBit(Boolean(extra.config)).storeMaybeRef(extra.shards);
  fees.storeE(builder);
  builder.storeRef(beginCell().storeUint(0, 3).endCell()); // no earlier signatures, recovered or minted coins
  return when(builder, extra.config, (b) =>
    b.storeBuffer(extra.config.address).storeRef(extra.config.dictionary),
  ).endCell();
}

/** block#11ef55aa */
export function blockCell({ globalId, info, flow, stateUpdate, extra }) {
  const builder = beginCell().storeUint(0x11ef55aa, 32).storeInt(globalId, 32);
  return builder.storeRef(info).storeRef(flow).storeRef(stateUpdate).storeRef(extra).endCell();
}
