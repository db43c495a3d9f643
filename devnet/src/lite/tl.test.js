import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TL } from './scheme.js';
import { TlError, TlScheme } from './tl.js';

test('computes the constructor ids that mainnet sends', () => {
  const ids = {
    'liteServer.partialBlockProof': 0x8ed0d2c1,
    'liteServer.error': 0xbba9e148,
    'adnl.message.query': 0xb48bf97a,
    'adnl.message.answer': 0x0fac8416,
    'tcp.ping': 0x4d082b9a,
    'ton.blockId': 0xc50b6e70,
    'liteServer.query': 0x798c06df,
    'liteServer.getMasterchainInfo': 0x89b5e62e,
    'consensus.candidateId': 0xb691cd3f,
    'consensus.simplex.finalizeVote': 0x40a7e105,
    'consensus.candidateHashDataOrdinary': 0xe8f9bcdc,
  };
  for (const [name, id] of Object.entries(ids)) assert.equal(TL.byName.get(name).id, id, name);
});

test('writes and reads flags, vectors, long and short strings', () => {
  const scheme = new TlScheme(`
    item.one key:int256 = Item;
    some.thing mode:# short:bytes long:bytes at:mode.1?long sure:Bool items:(vector item.one) boxed:(vector Item) = Thing;
  `);
  const item = { _: 'item.one', key: Buffer.alloc(32, 9) };
  const value = {
    _: 'some.thing',
    mode: 2,
    short: Buffer.from('ab'),
    long: Buffer.alloc(300, 1),
    at: -5n,
    sure: true,
    items: [item],
    boxed: [item],
  };
  const bytes = scheme.encode(value);
  assert.equal(bytes.length % 4, 0);
  assert.deepEqual(scheme.decode(bytes), value);
  for (let length = 0; length < bytes.length; length++)
    assert.throws(() => scheme.decode(bytes.subarray(0, length)), TlError);
  assert.throws(() => scheme.decode(Buffer.concat([bytes, Buffer.alloc(4)])), TlError);
});
