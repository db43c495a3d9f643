// How the API spells blocks, transactions, messages and stacks in JSON.
import { beginCell, Cell, loadTransaction, storeStateInit } from '@ton/core';
import { cellToBoc } from '../cells/boc.js';
import { WHOLE_SHARD } from '../chain/tlb.js';
import { HttpError } from './json_server.js';

export function blockJson({ workchain, seqno, rootHash, fileHash }) {
  return {
    '@type': 'ton.blockIdExt',
    workchain,
    shard: WHOLE_SHARD.toString(),
    seqno,
    root_hash: rootHash.toString('base64'),
    file_hash: fileHash.toString('base64'),
  };
}

/** @param {import('@ton/core').Address} address @param {import('../chain/history.js').StoredTransaction} stored */
export function transactionJson(address, stored) {
  const transaction = loadTransaction(Cell.fromBoc(stored.boc)[0].beginParse());
  const fee = transaction.totalFees.coins;
  const storageFee = transaction.description.storagePhase?.storageFeesCollected ?? 0n;
  return {
    '@type': 'raw.transaction',
    address: { '@type': 'accountAddress', account_address: address.toString() },
    utime: transaction.now,
    data: stored.boc.toString('base64'),
    transaction_id: {
      '@type': 'internal.transactionId',
      lt: stored.lt.toString(),
      hash: stored.hash.toString('base64'),
    },
    fee: fee.toString(),
    storage_fee: storageFee.toString(),
    other_fee: (fee - storageFee).toString(),
    ...(transaction.inMessage ? { in_msg: messageJson(transaction.inMessage) } : {}),
    out_msgs: transaction.outMessages.values().map(messageJson),
  };
}

function messageJson({ info, body, init }) {
  const isInternal = info.type === 'internal';
  return {
    '@type': 'raw.message',
    source: info.type === 'external-in' ? '' : info.src.toString(),
    destination: info.type === 'external-out' ? '' : info.dest.toString(),
    value: (isInternal ? info.value.coins : 0n).toString(),
    fwd_fee: (isInternal ? info.forwardFee : 0n).toString(),
    ihr_fee: '0',
    created_lt: (info.type === 'external-in' ? 0n : info.createdLt).toString(),
    body_hash: body.hash().toString('base64'),
    msg_data: {
      '@type': 'msg.dataRaw',
      body: cellToBoc(body).toString('base64'),
      init_state: init ? initText(init) : '',
    },
    message: commentOf(body),
  };
}

function initText(init) {
  return cellToBoc(beginCell().store(storeStateInit(init)).endCell()).toString('base64');
}

// A text comment: 32 zero bits, then bytes over a chain of cells.
function commentOf(body) {
  const slice = body.beginParse();
  if (slice.remainingBits < 32 || slice.loadUint(32) !== 0 || slice.remainingBits % 8 !== 0) return '';
  try {
    return slice.loadStringTail();
  } catch {
    return '';
  }
}

/** A stack that a caller sends: ["num", …], ["tvm.Cell", …], ["tvm.Slice", …]. @returns {import('@ton/core').TupleItem[]} */
export function stackFromJson(items) {
  if (!Array.isArray(items)) throw new HttpError(422, 'stack is a list');
  return items.map((item) => {
    const [type, value] = Array.isArray(item) ? item : [];
    try {
      if (type === 'num' || type === 'int') return { type: 'int', value: integerOf(String(value)) };
      if (type === 'tvm.Cell' || type === 'cell')
        return { type: 'cell', cell: Cell.fromBase64(value.bytes ?? value) };
      if (type === 'tvm.Slice' || type === 'slice')
        return { type: 'slice', cell: Cell.fromBase64(value.bytes ?? value) };
      if (type === 'tvm.Builder') return { type: 'builder', cell: Cell.fromBase64(value) };
    } catch {
      throw new HttpError(422, `not a stack item: ${type}`);
    }
    throw new HttpError(422, `no stack item of type ${type}`);
  });
}

function integerOf(text) {
  return text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text);
}

/** @param {import('@ton/core').TupleItem[]} items */
export function stackToJson(items) {
  return items.map((item) => {
    switch (item.type) {
      case 'int':
        return ['num', hexOf(item.value)];
      case 'nan':
        return ['num', 'NaN'];
      case 'null':
        return ['list', { '@type': 'tvm.list', elements: [] }];
      case 'tuple':
        return ['tuple', { '@type': 'tvm.tuple', elements: item.items.map(entryJson) }];
      default:
        return [item.type, { bytes: cellToBoc(item.cell).toString('base64') }];
    }
  });
}

function hexOf(value) {
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function entryJson(item) {
  switch (item.type) {
    case 'int':
      return {
        '@type': 'tvm.stackEntryNumber',
        number: { '@type': 'tvm.numberDecimal', number: item.value.toString() },
      };
    case 'nan':
      return { '@type': 'tvm.stackEntryNumber', number: { '@type': 'tvm.numberDecimal', number: 'NaN' } };
    case 'null':
      return { '@type': 'tvm.stackEntryList', list: { '@type': 'tvm.list', elements: [] } };
    case 'tuple':
      return {
        '@type': 'tvm.stackEntryTuple',
        tuple: { '@type': 'tvm.tuple', elements: item.items.map(entryJson) },
      };
    case 'cell':
      return {
        '@type': 'tvm.stackEntryCell',
        cell: { '@type': 'tvm.cell', bytes: cellToBoc(item.cell).toString('base64') },
      };
    default:
      return {
        '@type': 'tvm.stackEntrySlice',
        slice: { '@type': 'tvm.slice', bytes: cellToBoc(item.cell).toString('base64') },
      };
  }
}
