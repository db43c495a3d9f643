// The whole chain as one JSON value, and back. What follows from something else in it is left out: keys come from the
// secret, accounts and configuration from the states.
import { Cell } from '@ton/core';
import { cellToBoc } from '../cells/boc.js';
import { readHashmap } from '../cells/hashmap.js';
import { shardAccount } from '../chain/account.js';
import { ChainConfig } from '../chain/config.js';
import { History } from '../chain/history.js';
import { OLD_BLOCKS, SHARD_ACCOUNTS } from '../chain/maps.js';
import { queued } from '../chain/messages.js';
import { BASECHAIN, MASTERCHAIN } from '../chain/tlb.js';
import { masterchainSession, sessionHash } from '../chain/validators.js';

const FORMAT = 1;

/** @param {import('../network.js').Network} network */
export function takeSnapshot(network) {
  const { ledger, history } = network;
  const { validators } = ledger;
  return {
    format: FORMAT,
    genUtime: network.genUtime,
    validators: { round: validators.round, since: validators.since },
    validatorInfo: ledger.validatorInfo,
    shardCatchainSeqno: ledger.shardCatchainSeqno,
    states: [ledger.baseHead, ledger.head].map(({ state }) => base64(cellToBoc(state.root))),
    waiting: [...ledger.waiting.values()].flat().map(({ cell }) => base64(cellToBoc(cell))),
    pending: network.pending.map(({ cell }) => base64(cellToBoc(cell))),
    blocks: [...history.chains.values()].flatMap((chain) => [...chain.values()].map(blockToJson)),
    transactions: [...history.allTransactions()].map(transactionToJson),
  };
}

/** Puts the network where it was. @param {import('../network.js').Network} network */
export function restoreSnapshot(network, snapshot) {
  if (snapshot?.format !== FORMAT) throw new Error('a snapshot of another format');
  network.reset(snapshot.genUtime);
  const { ledger } = network;
  const history = new History(network.options.limits);
  const blocks = snapshot.blocks.map((json) => blockFromJson(json, ledger));
  for (const block of blocks) history.add(block, []);
  for (const json of snapshot.transactions) history.restore(...transactionFromJson(json, history));
  const [base, master] = [BASECHAIN, MASTERCHAIN].map((workchain, i) => {
    const block = blocks.findLast(({ id }) => id.workchain === workchain);
    return Object.assign(block, {
      root: Cell.fromBoc(block.boc)[0],
      state: readState(snapshot.states[i], workchain),
    });
  });
  Object.assign(master, { shard: base, oldBlocks: readOldBlocks(master.state) });
  network.history = history;
  ledger.history = history;
  ledger.resume({
    base,
    master,
    config: master.state.config,
    validators: ledger.validatorsOf(snapshot.validators.round, snapshot.validators.since),
    validatorInfo: snapshot.validatorInfo,
    lastKeyBlock: history.keyBlocks.at(-1),
    shardCatchainSeqno: snapshot.shardCatchainSeqno,
    waiting: new Map(),
  });
  ledger.wait(snapshot.waiting.map(messageFromText));
  network.pending = snapshot.pending.map(messageFromText);
}

const base64 = (bytes) => bytes.toString('base64');
const bytesOf = (text) => Buffer.from(text, 'base64');

function messageFromText(text) {
  return queued(Cell.fromBase64(text));
}

function blockToJson(block) {
  const { id, session } = block;
  return {
    workchain: id.workchain,
    seqno: id.seqno,
    root: base64(id.rootHash),
    file: base64(id.fileHash),
    isKey: block.isKey,
    startLt: block.startLt.toString(),
    endLt: block.endLt.toString(),
    genUtime: block.genUtime,
    minRefMcSeqno: block.minRefMcSeqno,
    fees: block.feesCollected.toString(),
    masterSeqno: block.masterSeqno,
    session: { round: session.round, catchainSeqno: session.catchainSeqno, hash: session.hash },
    boc: base64(block.boc),
    transactions: block.transactions.map(({ account, lt, hash }) => [
      base64(account),
      lt.toString(),
      base64(hash),
    ]),
  };
}

function blockFromJson(json, ledger) {
  return {
    id: {
      workchain: json.workchain,
      seqno: json.seqno,
      rootHash: bytesOf(json.root),
      fileHash: bytesOf(json.file),
    },
    isKey: json.isKey,
    startLt: BigInt(json.startLt),
    endLt: BigInt(json.endLt),
    genUtime: json.genUtime,
    minRefMcSeqno: json.minRefMcSeqno,
    feesCollected: BigInt(json.fees),
    masterSeqno: json.masterSeqno,
    session: json.workchain === MASTERCHAIN ? sessionFromJson(json.session, ledger) : json.session,
    boc: bytesOf(json.boc),
    root: null,
    state: null,
    transactions: json.transactions.map(([account, lt, hash]) => ({
      account: bytesOf(account),
      lt: BigInt(lt),
      hash: bytesOf(hash),
    })),
  };
}

function sessionFromJson({ round, catchainSeqno }, ledger) {
  const set = ledger.validatorsOf(round, 0);
  const validators = masterchainSession(set, catchainSeqno, ledger.config.sessions.shuffle);
  return { round, catchainSeqno, validators, hash: sessionHash(validators, catchainSeqno) };
}

function transactionToJson([account, stored]) {
  const { lt, hash, prevLt, prevHash, boc, block, utime } = stored;
  return [
    base64(account),
    lt.toString(),
    base64(hash),
    prevLt.toString(),
    base64(prevHash),
    base64(boc),
    block.workchain,
    block.seqno,
    blockHashes(block),
    utime,
  ];
}

function blockHashes({ rootHash, fileHash }) {
  return base64(Buffer.concat([rootHash, fileHash]));
}

function transactionFromJson(
  [account, lt, hash, prevLt, prevHash, boc, workchain, seqno, hashes, utime],
  history,
) {
  const both = bytesOf(hashes);
  const block = history.block(workchain, seqno)?.id ?? {
    workchain,
    seqno,
    rootHash: both.subarray(0, 32),
    fileHash: both.subarray(32),
  };
  const stored = {
    lt: BigInt(lt),
    hash: bytesOf(hash),
    prevLt: BigInt(prevLt),
    prevHash: bytesOf(prevHash),
    boc: bytesOf(boc),
    block,
    utime,
  };
  return [stored, bytesOf(account)];
}

// shard_state#9023afe2 → queue info, accounts, totals, masterchain extra.
function readState(text, workchain) {
  const root = Cell.fromBase64(text);
  const [, accountsCell, , custom] = root.refs;
  const accounts = readHashmap(
    SHARD_ACCOUNTS,
    accountsCell.beginParse().loadMaybeRef(),
    readAccount,
    skipDepthBalance,
  );
  const config = workchain === MASTERCHAIN ? ChainConfig.read(custom.refs[1]) : undefined;
  return { root, accountsCell, accounts, custom, config };
}

function skipDepthBalance(slice) {
  slice.skip(5);
  slice.loadCoins();
  slice.skip(1);
}

function readAccount(slice) {
  return shardAccount({
    account: slice.loadRef(),
    lastTransHash: slice.loadBuffer(32),
    lastTransLt: slice.loadUintBig(64),
  });
}

// masterchain_state_extra#cc26 → its details: flags, validator info, then the list of earlier blocks.
function readOldBlocks(state) {
  const slice = state.custom.refs[2].beginParse();
  slice.skip(16 + 65);
  const skipMaxLt = (at) => at.skip(65);
  const readBlock = (at) => ({
    isKey: at.loadBit(),
    endLt: at.loadUintBig(64),
    id: {
      workchain: MASTERCHAIN,
      seqno: at.loadUint(32),
      rootHash: at.loadBuffer(32),
      fileHash: at.loadBuffer(32),
    },
  });
  return readHashmap(OLD_BLOCKS, slice.loadMaybeRef(), readBlock, skipMaxLt);
}
