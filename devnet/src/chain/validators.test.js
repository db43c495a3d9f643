// Against mainnet: the sessions of recorded key blocks, from the configuration that their links prove.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Cell, Dictionary } from '@ton/core';
import { TL } from '../lite/scheme.js';
import { masterchainSession, sessionHash } from './validators.js';

function recordedLink(name) {
  const text = readFileSync(new URL(`../../../tests/data/ton/${name}`, import.meta.url), 'utf8');
  const hex = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('')
    .replace(/\s/g, '');
  return TL.decode(Buffer.from(hex, 'hex')).steps[0];
}

function configOf(link) {
  const block = Cell.fromBoc(link.config_proof)[0].refs[0];
  const dictionary = block.refs[3].refs[3].refs.at(-1);
  const params = Dictionary.loadDirect(Dictionary.Keys.Int(32), Dictionary.Values.Cell(), dictionary);
  return { sessions: params.get(28).beginParse(), validators: params.get(34).beginParse() };
}

function validatorSet(slice) {
  assert.equal(slice.loadUint(8), 0x12);
  slice.skip(64);
  const total = slice.loadUint(16);
  const main = slice.loadUint(16);
  slice.skip(64);
  const list = Dictionary.loadDirect(
    Dictionary.Keys.Uint(16),
    { parse: (value) => value, serialize: () => {} },
    slice.loadRef(),
  );
  assert.equal(list.size, total);
  const validator = (value) => {
    value.skip(8 + 32);
    const publicKey = value.loadBuffer(32);
    return { signer: { publicKey }, weight: value.loadUintBig(64), adnlAddress: value.loadBuffer(32) };
  };
  return { main, list: Array.from({ length: total }, (_, i) => validator(list.get(i))) };
}

for (const name of ['one-link-ordinary.hex', 'one-link-simplex.hex']) {
  test(`finds the session of mainnet's ${name}`, () => {
    const link = recordedLink(name);
    const config = configOf(link);
    config.sessions.skip(15);
    const shuffle = config.sessions.loadBit();
    const { catchain_seqno: old, cc_seqno: newer, validator_set_hash: expected } = link.signatures;
    const catchainSeqno = old ?? newer;
    const session = masterchainSession(validatorSet(config.validators), catchainSeqno, shuffle);
    assert.equal(sessionHash(session, catchainSeqno) | 0, expected);
  });
}
