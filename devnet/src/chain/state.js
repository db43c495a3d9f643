// What a block leaves behind: ShardStateUnsplit of either chain, and the masterchain's extra with configuration, shard
// list and earlier blocks.
import { beginCell } from '@ton/core';
import { storeCoins, storeExtBlockRef, storeShardIdent, when } from './tlb.js';

/** The message queues are this process's own (see README); what a state says of them is that they are empty. */
export const NO_MESSAGES = beginCell()
  .storeUint(0, 65) // out_queue: empty, uint64 augmentation
  .storeBit(0) // proc_info
  .storeBit(1) // extra: out_msg_queue_extra#0
  .storeUint(0, 4 + 65) // dispatch_queue
  .storeBit(1)
  .storeUint(0, 48) // out_queue_size
  .endCell();

/**
 * shard_state#9023afe2
 * @param {{ globalId: number, workchain: number, seqno: number, genUtime: number, genLt: bigint,
 *   minRefMcSeqno: number, accounts: import('../cells/hashmap.js').Hashmap, masterRef?: object,
 *   custom?: import('@ton/core').Cell }} state
 * @returns {{ root: import('@ton/core').Cell, accountsCell: import('@ton/core').Cell }}
 */
export function shardStateCell(state) {
  const accounts = beginCell();
  state.accounts.storeE(accounts);
  const accountsCell = accounts.endCell();
  const summary = storeCoins(beginCell().storeUint(0, 128), state.accounts.extra);
  storeCoins(summary, 0n).storeBit(0).storeBit(Boolean(state.masterRef)); // fees, libraries
  when(summary, state.masterRef, (b) => storeExtBlockRef(b, state.masterRef));
  const builder = storeShardIdent(
    beginCell().storeUint(0x9023afe2, 32).storeInt(state.globalId, 32),
    state.workchain,
  )
    .storeUint(state.seqno, 32)
    .storeUint(0, 32)
    .storeUint(state.genUtime, 32)
    .storeUint(state.genLt, 64)
    .storeUint(state.minRefMcSeqno, 32)
    .storeRef(NO_MESSAGES)
    .storeBit(0)
    .storeRef(accountsCell)
    .storeRef(summary.endCell())
    .storeMaybeRef(state.custom ?? null);
  return { root: builder.endCell(), accountsCell };
}

/** shard_descr_new#a of the base chain's newest block, as a one-leaf BinTree. */
export function shardTree({ block, regMcSeqno, nextCatchainSeqno, nextCatchainUpdated, fees }) {
  const builder = beginCell().storeBit(0).storeUint(0xa, 4);
  builder
    .storeUint(block.id.seqno, 32)
    .storeUint(regMcSeqno, 32)
    .storeUint(block.startLt, 64)
    .storeUint(block.endLt, 64);
  builder.storeBuffer(block.id.rootHash).storeBuffer(block.id.fileHash);
  builder.storeUint(0, 4).storeBit(nextCatchainUpdated).storeUint(0, 3);
  builder
    .storeUint(nextCatchainSeqno, 32)
    .storeUint(1n << 63n, 64)
    .storeUint(block.minRefMcSeqno, 32);
  builder.storeUint(block.genUtime, 32).storeBit(0); // fsm_none
  return builder.storeRef(storeCoins(storeCoins(beginCell(), fees), 0n).endCell()).endCell();
}

/** ShardHashes: HashmapE 32 ^(BinTree ShardDescr) with the base chain alone. @returns its node cell */
export function shardHashes(tree) {
  // hml_same$11 with thirty-two zero bits: the key of workchain 0.
  return beginCell().storeUint(0b110, 3).storeUint(32, 6).storeRef(tree).endCell();
}

/**
 * masterchain_state_extra#cc26
 * @param {{ shards: import('@ton/core').Cell, config: import('./config.js').ChainConfig, validatorInfo: object,
 *   oldBlocks: import('../cells/hashmap.js').Hashmap, afterKeyBlock: boolean, lastKeyBlock: object | null,
 *   globalBalance: bigint }} extra
 */
export function masterchainExtra(extra) {
  const details = beginCell().storeUint(0, 16);
  const { hash, catchainSeqno, nextCatchainUpdated } = extra.validatorInfo;
  details.storeUint(hash, 32).storeUint(catchainSeqno, 32).storeBit(nextCatchainUpdated);
  extra.oldBlocks.storeE(details);
  details.storeBit(extra.afterKeyBlock).storeBit(Boolean(extra.lastKeyBlock));
  when(details, extra.lastKeyBlock, (b) => storeExtBlockRef(b, extra.lastKeyBlock));
  const builder = beginCell().storeUint(0xcc26, 16).storeMaybeRef(extra.shards);
  builder.storeBuffer(extra.config.address).storeRef(extra.config.dictionary).storeRef(details.endCell());
  return storeCoins(builder, extra.globalBalance).endCell();
}
