// The small TL-B types that blocks and states share.

export const MASTERCHAIN = -1;
export const BASECHAIN = 0;
/** The one shard of each workchain here: the whole of it. As TL `long`, signed. */
export const WHOLE_SHARD = -(1n << 63n);

/**
 * @typedef {{ workchain: number, seqno: number, rootHash: Buffer, fileHash: Buffer }} BlockId
 */

/** currencies$_ grams:Grams other:ExtraCurrencyCollection; there are no extra currencies here. */
export function storeCoins(builder, coins) {
  return builder.storeCoins(coins).storeBit(0);
}

/** shard_ident$00 of a whole workchain. */
export function storeShardIdent(builder, workchain) {
  return builder.storeUint(0, 2).storeUint(0, 6).storeInt(workchain, 32).storeUint(0, 64);
}

/** ext_blk_ref$_ end_lt:uint64 seq_no:uint32 root_hash:bits256 file_hash:bits256 */
export function storeExtBlockRef(builder, block) {
  return builder
    .storeUint(block.endLt, 64)
    .storeUint(block.id.seqno, 32)
    .storeBuffer(block.id.rootHash)
    .storeBuffer(block.id.fileHash);
}

/** capabilities#c4 version:uint32 capabilities:uint64 */
export function storeGlobalVersion(builder, { version, capabilities }) {
  return builder.storeUint(0xc4, 8).storeUint(version, 32).storeUint(capabilities, 64);
}

/** A field that only some blocks have: TL-B's `flag?X`. */
export function when(builder, condition, store) {
  if (condition) store(builder);
  return builder;
}
