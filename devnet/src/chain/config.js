// The chain's configuration: TON mainnet's parameters as @ton/sandbox ships them, with our own network, work chains and
// validators in their place.
import { beginCell, Cell } from '@ton/core';
import { Hashmap, keyOf, readHashmap } from '../cells/hashmap.js';
import { cellToBoc } from '../cells/boc.js';
import { BASECHAIN } from './tlb.js';
import { validatorSetCell } from './validators.js';

const PARAMS = { keyBits: 32, writeValue: (builder, cell) => builder.storeRef(cell) };
const CONFIG_CONTRACT = Buffer.alloc(32, 0x55);
// Earlier, later and temporary validators, their keys, and the addresses that mainnet froze.
const NOT_OURS = [32, 33, 35, 36, 37, 39, 44];

/** ConfigParams: config_addr:bits256 config:^(Hashmap 32 ^Cell). */
export class ChainConfig {
  /** @param {Hashmap} params */
  constructor(params) {
    this.params = params;
    this.address = CONFIG_CONTRACT;
    this.dictionary = params.cell;
  }

  /** @param {Cell} dictionary the Hashmap's root */
  static read(dictionary) {
    return new ChainConfig(readHashmap(PARAMS, dictionary, (slice) => slice.loadRef()));
  }

  /** @returns {Cell | undefined} */
  get(index) {
    return this.params.get(keyOf(index, 32));
  }

  with(index, cell) {
    return new ChainConfig(this.params.set(keyOf(index, 32), cell));
  }

  /** As the executor takes it. */
  get base64() {
    this.encoded ??= cellToBoc(this.dictionary).toString('base64');
    return this.encoded;
  }

  /** GlobalVersion, parameter 8. */
  get software() {
    const slice = this.get(8).beginParse();
    slice.skip(8);
    return { version: slice.loadUint(32), capabilities: slice.loadUintBig(64) };
  }

  /** CatchainConfig, parameter 28: catchain_config_new#c2. */
  get sessions() {
    const slice = this.get(28).beginParse();
    slice.skip(15);
    const shuffle = slice.loadBit();
    const masterLifetime = slice.loadUint(32);
    slice.skip(64);
    return { shuffle, masterLifetime, shardValidators: slice.loadUint(32) };
  }

  /** The cells to show for a set of parameters, or for every one. */
  cellsFor(indexes) {
    return indexes.flatMap((index) => this.params.path(keyOf(index, 32)));
  }

  get indexes() {
    return [...this.params.entries()].map(([key]) => Number(BigInt.asIntN(32, BigInt(`0b${key}`))));
  }
}

/**
 * @param {{ base: string, globalId: number, baseZerostate: { rootHash: Buffer, fileHash: Buffer }, genUtime: number,
 *   validators: import('./validators.js').ValidatorSet, sessionSeconds: number, shardValidators: number }} options
 *   `base` is a configuration dictionary in base64
 */
export function genesisConfig(options) {
  let params = ChainConfig.read(Cell.fromBase64(options.base)).params;
  for (const index of NOT_OURS) params = params.delete(keyOf(index, 32));
  return new ChainConfig(params)
    .with(12, workchains(options))
    .with(19, beginCell().storeInt(options.globalId, 32).endCell())
    .with(28, sessionParams(options))
    .with(34, validatorSetCell(options.validators));
}

// catchain_config_new#c2, masterchain validators shuffled.
function sessionParams({ sessionSeconds, shardValidators }) {
  const builder = beginCell().storeUint(0xc2, 8).storeUint(0, 7).storeBit(1);
  builder
    .storeUint(sessionSeconds, 32)
    .storeUint(sessionSeconds, 32)
    .storeUint(sessionSeconds * 4, 32);
  return builder.storeUint(shardValidators, 32).endCell();
}

// HashmapE 32 WorkchainDescr with the base chain: workchain#a6, never split, wfmt_basic#1.
function workchains({ baseZerostate, genUtime }) {
  const codec = {
    keyBits: 32,
    writeValue: (builder) =>
      builder
        .storeUint(0xa6, 8)
        .storeUint(genUtime, 32)
        .storeUint(0, 24)
        .storeUint(0b111, 3)
        .storeUint(0, 13)
        .storeBuffer(baseZerostate.rootHash)
        .storeBuffer(baseZerostate.fileHash)
        .storeUint(0, 32)
        .storeUint(1, 4)
        .storeInt(-1, 32)
        .storeUint(0, 64),
  };
  const builder = beginCell();
  new Hashmap(codec).set(keyOf(BASECHAIN, 32), true).storeE(builder);
  return builder.endCell();
}
