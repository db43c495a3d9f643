// What the answers share: finding what a query names, and the errors of a lite-server.
import { WHOLE_SHARD } from '../chain/tlb.js';
import { blockIdOf } from './scheme.js';

export const FAILURE = 601;
export const PROTOCOL = 621;
export const NOT_READY = 651;
export const TIMEOUT = 652;

/** Becomes liteServer.error. */
export class LiteError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** @returns {import('../chain/history.js').Block} */
export function knownBlock(network, ext) {
  wholeShardOnly(ext.workchain, ext.shard);
  const block = network.history.find(blockIdOf(ext));
  if (!block) throw new LiteError(NOT_READY, `block ${ext.workchain}:${ext.seqno} is not known`);
  return block;
}

/** @returns {import('../chain/history.js').State} */
export function blockState(block) {
  if (!block.state)
    throw new LiteError(NOT_READY, `the state of block ${block.id.workchain}:${block.id.seqno} is gone`);
  return block.state;
}

export function wholeShardOnly(workchain, shard) {
  if (workchain !== -1 && workchain !== 0) throw new LiteError(PROTOCOL, `no workchain ${workchain}`);
  if (shard !== WHOLE_SHARD) throw new LiteError(NOT_READY, 'there is one shard, and it is whole');
}
