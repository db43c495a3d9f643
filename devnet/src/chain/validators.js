// Validators: the set that configuration parameter 34 holds, and the part of it that signs one session. The rules are
// those of TON's Config::do_compute_validator_set and compute_validator_set_hash.
import { createHash } from 'node:crypto';
import { beginCell } from '@ton/core';
import { Hashmap, keyOf } from '../cells/hashmap.js';
import { crc32c } from '../cells/crc.js';
import { SigningKey } from './signing.js';

// TL id of test0.validatorSet, which starts the bytes behind gen_validator_list_hash_short.
const VALIDATOR_SET_MAGIC = -1877581587;

/**
 * @typedef {{ signer: SigningKey, weight: bigint, adnlAddress: Buffer }} Validator
 * @typedef {{ round: number, since: number, until: number, main: number, list: Validator[] }} ValidatorSet
 */

/**
 * Makes the set of one round, heaviest first. Keys and weights follow from the secret and the round.
 * @returns {ValidatorSet}
 */
export function makeValidatorSet({ secret, round, total, main, since, until }) {
  const list = Array.from({ length: total }, (_, i) => {
    const signer = SigningKey.derive(secret, `validator ${round} ${i}`);
    return { signer, weight: BigInt(1_000_000 - 37_000 * i - (round % 7)), adnlAddress: signer.shortId };
  });
  return { round, since, until, main, list };
}

const DESCRIPTORS = {
  keyBits: 16,
  // validator_addr#73 public_key:SigPubKey weight:uint64 adnl_addr:bits256, with ed25519_pubkey#8e81278a
  writeValue: (builder, validator) =>
    builder
      .storeUint(0x73, 8)
      .storeUint(0x8e81278a, 32)
      .storeBuffer(validator.signer.publicKey)
      .storeUint(validator.weight, 64)
      .storeBuffer(validator.adnlAddress),
};

/** validators_ext#12, what parameter 34 holds. */
export function validatorSetCell(set) {
  let list = new Hashmap(DESCRIPTORS);
  set.list.forEach((validator, i) => {
    list = list.set(keyOf(i, 16), validator);
  });
  const builder = beginCell().storeUint(0x12, 8).storeUint(set.since, 32).storeUint(set.until, 32);
  builder.storeUint(set.list.length, 16).storeUint(set.main, 16).storeUint(totalWeight(set.list), 64);
  list.storeE(builder);
  return builder.endCell();
}

export function totalWeight(validators) {
  return validators.reduce((sum, validator) => sum + validator.weight, 0n);
}

/** The masterchain's validators of a session, in the order in which they are hashed. */
export function masterchainSession(set, catchainSeqno, shuffle) {
  const count = Math.min(set.main, set.list.length);
  if (!shuffle) return set.list.slice(0, count);
  const random = new SessionRandom(-1, catchainSeqno);
  const order = [];
  for (let i = 0; i < count; i++) {
    const j = Number(random.below(BigInt(i + 1)));
    order[i] = order[j];
    order[j] = i;
  }
  return order.map((index) => set.list[index]);
}

/** The base chain's validators of a session: `count` of the set, drawn by weight, each then weighing 1. */
export function shardSession(set, catchainSeqno, count) {
  const random = new SessionRandom(0, catchainSeqno);
  const left = [...set.list];
  const drawn = [];
  while (drawn.length < Math.min(count, set.list.length)) {
    let at = random.below(totalWeight(left));
    const index = left.findIndex((validator) => (at -= validator.weight) < 0n);
    const [validator] = left.splice(index, 1);
    drawn.push({ ...validator, weight: 1n });
  }
  return drawn;
}

/** gen_validator_list_hash_short; the masterchain's state names it with catchain seqno 0. */
export function sessionHash(validators, catchainSeqno) {
  const head = Buffer.alloc(12);
  head.writeInt32LE(VALIDATOR_SET_MAGIC, 0);
  head.writeUInt32LE(catchainSeqno, 4);
  head.writeUInt32LE(validators.length, 8);
  const items = validators.map(({ signer, weight, adnlAddress }) => {
    const weightBytes = Buffer.alloc(8);
    weightBytes.writeBigUInt64LE(weight);
    return Buffer.concat([signer.publicKey, weightBytes, adnlAddress]);
  });
  return crc32c(Buffer.concat([head, ...items]));
}

// SHA-512 over seed ‖ shard ‖ workchain ‖ catchain seqno, the seed counting up: TON's ValidatorSetPRNG.
class SessionRandom {
  constructor(workchain, catchainSeqno) {
    this.block = Buffer.alloc(48);
    this.block.writeBigUInt64BE(1n << 63n, 32);
    this.block.writeInt32BE(workchain, 40);
    this.block.writeUInt32BE(catchainSeqno, 44);
    this.words = [];
  }

  below(range) {
    return (this.next() * range) >> 64n;
  }

  next() {
    if (this.words.length === 0) {
      const digest = createHash('sha512').update(this.block).digest();
      for (let i = 0; i < 8; i++) this.words.push(digest.readBigUInt64BE(8 * i));
      for (let i = 31; i >= 0; i--) {
        this.block[i] = (this.block[i] + 1) & 0xff;
        if (this.block[i] !== 0) break;
      }
    }
    return this.words.shift();
  }
}
