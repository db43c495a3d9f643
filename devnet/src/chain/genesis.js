// The first states: coins at the faucet, validators, configuration; and what a chain is before its first block.
import { Address } from '@ton/core';
import { cellToBoc } from '../cells/boc.js';
import { Hashmap, keyOfHash } from '../cells/hashmap.js';
import { fundedAccount } from './account.js';
import { genesisConfig } from './config.js';
import { OLD_BLOCKS, SHARD_ACCOUNTS } from './maps.js';
import { sha256 } from './signing.js';
import { masterchainExtra, shardHashes, shardStateCell, shardTree } from './state.js';
import { BASECHAIN, MASTERCHAIN } from './tlb.js';
import { makeValidatorSet, masterchainSession, sessionHash } from './validators.js';

const FAUCET_COINS = 1_000_000_000n * 10n ** 9n;
const SYSTEM_COINS = 1_000n * 10n ** 9n;
/** Accounts that every TON network has: configuration and elector. Here they hold coins and no code. */
const SYSTEM_ACCOUNTS = [Buffer.alloc(32, 0x55), Buffer.alloc(32, 0x33)];

/**
 * @param {{ globalId: number, secret: Buffer, genUtime: number, baseConfig: string, faucet: Address,
 *   validatorsTotal: number, validatorsMain: number, sessionSeconds: number, roundSeconds: number }} options
 */
export function genesis(options) {
  const { globalId, genUtime } = options;
  const accounts = accountsOf([fundedAccountEntry(options.faucet, FAUCET_COINS, genUtime)]);
  const base = zerostate(globalId, BASECHAIN, genUtime, { accounts });
  const validators = makeValidatorSet({
    secret: options.secret,
    round: 0,
    total: options.validatorsTotal,
    main: options.validatorsMain,
    since: genUtime,
    until: genUtime + options.roundSeconds,
  });
  const config = genesisConfig({
    base: options.baseConfig,
    globalId,
    baseZerostate: base.id,
    genUtime,
    validators,
    sessionSeconds: options.sessionSeconds,
    shardValidators: options.validatorsMain,
  });
  return { base, validators, config, ...masterGenesis(options, base, config, validators) };
}

function masterGenesis({ globalId, genUtime }, base, config, validators) {
  const session = masterchainSession(validators, 0, config.sessions.shuffle);
  const validatorInfo = { hash: sessionHash(session, 0), catchainSeqno: 0, nextCatchainUpdated: false };
  const tree = shardTree({
    block: base,
    regMcSeqno: 0,
    nextCatchainSeqno: 0,
    nextCatchainUpdated: false,
    fees: 0n,
  });
  const oldBlocks = new Hashmap(OLD_BLOCKS);
  const entries = SYSTEM_ACCOUNTS.map((hash) =>
    fundedAccountEntry(new Address(MASTERCHAIN, hash), SYSTEM_COINS, genUtime),
  );
  const accounts = accountsOf(entries);
  const custom = masterchainExtra({
    shards: shardHashes(tree),
    config,
    validatorInfo,
    oldBlocks,
    afterKeyBlock: true,
    lastKeyBlock: null,
    globalBalance: accounts.extra + base.state.accounts.extra,
  });
  const master = zerostate(globalId, MASTERCHAIN, genUtime, { accounts, custom });
  return { master: { ...master, oldBlocks, shard: base }, validatorInfo };
}

function fundedAccountEntry(address, coins, now) {
  return [keyOfHash(address.hash), fundedAccount(address, coins, now)];
}

function accountsOf(entries) {
  return entries.reduce((map, [key, value]) => map.set(key, value), new Hashmap(SHARD_ACCOUNTS));
}

// A state before all blocks, in the shape of a block: id, times and no bytes of its own.
function zerostate(globalId, workchain, genUtime, { accounts, custom }) {
  const header = { globalId, workchain, seqno: 0, genUtime, genLt: 0n, minRefMcSeqno: 0xffffffff };
  const cells = shardStateCell({ ...header, accounts, custom });
  const boc = cellToBoc(cells.root);
  return {
    id: { workchain, seqno: 0, rootHash: cells.root.hash(), fileHash: sha256(boc) },
    isKey: false,
    startLt: 0n,
    endLt: 0n,
    genUtime,
    minRefMcSeqno: 0xffffffff,
    boc,
    root: null,
    state: { ...cells, accounts, custom },
    transactions: [],
  };
}
