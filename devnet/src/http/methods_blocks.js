// What the API says of blocks and the configuration.
import { cellToBoc } from '../cells/boc.js';
import { MASTERCHAIN, WHOLE_SHARD } from '../chain/tlb.js';
import { HttpError } from './json_server.js';
import { bigParam, integerParam } from './params.js';
import { blockJson } from './shapes.js';

const SEQNO = { min: 0, max: 0xffffffff };

function find(network, params) {
  const workchain = integerParam(params, 'workchain', { min: -1, max: 0 });
  if (params.shard !== undefined && bigParam(params, 'shard') !== WHOLE_SHARD)
    throw new HttpError(500, 'there is one shard');
  const { history } = network;
  let block;
  if (params.seqno !== undefined) block = history.block(workchain, integerParam(params, 'seqno', SEQNO));
  else if (params.lt !== undefined)
    block = history.firstWhere(workchain, ({ endLt }) => endLt >= bigParam(params, 'lt'));
  else
    block = history.firstWhere(
      workchain,
      ({ genUtime }) => genUtime >= integerParam(params, 'unixtime', SEQNO),
    );
  if (!block) throw new HttpError(500, 'LITE_SERVER_NOTREADY: block is not known');
  return block;
}

function master(network, seqno) {
  return find(network, { workchain: MASTERCHAIN, seqno });
}

function shards(network, params) {
  const block = master(network, params.seqno);
  if (!block.shard) throw new HttpError(500, 'LITE_SERVER_NOTREADY: the state of that block is gone');
  return { '@type': 'blocks.shards', shards: [blockJson(block.shard.id)] };
}

function transactions(network, params) {
  const block = find(network, params);
  const count = integerParam(params, 'count', { fallback: 40, min: 1, max: 1_000 });
  const isAfter = ({ account, lt }) =>
    params.after_lt === undefined ||
    lt > bigParam(params, 'after_lt') ||
    account.toString('base64') > String(params.after_hash);
  const rest = block.transactions.filter(isAfter);
  return {
    '@type': 'blocks.transactions',
    id: blockJson(block.id),
    req_count: count,
    incomplete: rest.length > count,
    transactions: rest.slice(0, count).map(({ account, lt, hash }) => ({
      '@type': 'blocks.shortTxId',
      mode: 135,
      account: `${block.id.workchain}:${account.toString('hex')}`,
      lt: lt.toString(),
      hash: hash.toString('base64'),
    })),
  };
}

function header(network, params) {
  const block = find(network, params);
  return {
    '@type': 'blocks.header',
    id: blockJson(block.id),
    global_id: network.options.globalId,
    version: 0,
    is_key_block: block.isKey,
    gen_catchain_seqno: block.session.catchainSeqno,
    start_lt: block.startLt.toString(),
    end_lt: block.endLt.toString(),
    gen_utime: block.genUtime,
    min_ref_mc_seqno: block.minRefMcSeqno,
  };
}

export const BLOCK_METHODS = {
  getMasterchainInfo: (network) => ({
    '@type': 'blocks.masterchainInfo',
    last: blockJson(network.ledger.head.id),
    state_root_hash: network.ledger.head.state.root.hash().toString('base64'),
    init: blockJson(network.ledger.zerostate),
  }),
  lookupBlock: (network, params) => blockJson(find(network, params).id),
  shards,
  getShards: shards,
  getBlockTransactions: transactions,
  getBlockHeader: header,
  getConfigParam: (network, params) => {
    const name = params.config_id === undefined ? 'param' : 'config_id';
    const cell = network.ledger.config.get(integerParam(params, name, { min: -1_000, max: 1_000 }));
    if (!cell) throw new HttpError(500, 'LITE_SERVER_UNKNOWN: there is no such parameter');
    return {
      '@type': 'configInfo',
      config: { '@type': 'tvm.cell', bytes: cellToBoc(cell).toString('base64') },
    };
  },
};
