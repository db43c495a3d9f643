// Prints tests/data/formats/wire.json: hello, directory and load report as docs/formats describes them.
import crypto from 'node:crypto';

const filled = (value) => Buffer.alloc(32, value);
const hex = (bytes) => Buffer.from(bytes).toString('hex');

const seed = filled(7);
const exporter = filled(0x11);
const spkiHash = filled(0x22);
const kids = [filled(0x33), filled(0x34)];
const model = filled(0x44);
const terms = Buffer.alloc(32);
const collateral = filled(0x55);
const none = Buffer.alloc(0);

const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
const key = crypto.createPrivateKey({key: pkcs8, format: 'der', type: 'pkcs8'});
const publicKey = crypto.createPublicKey(key).export({format: 'der', type: 'spki'}).subarray(-32);

function hello(role, kid) {
  const signed = Buffer.concat(
      [Buffer.from('cocoon/1 chan\0'), Buffer.from([role]), exporter, spkiHash, kid]);
  return Buffer.concat(
      [Buffer.from('CCH1'), Buffer.from([role]), kid, publicKey, crypto.sign(null, signed, key)]);
}

// The shortest head of a CBOR item (RFC 8949 §3).
function head(major, argument) {
  const first = major << 5;
  if (argument < 24) return Buffer.from([first | argument]);
  if (argument < 0x100) return Buffer.from([first | 24, argument]);
  if (argument < 0x10000) return Buffer.from([first | 25, argument >> 8, argument & 255]);
  const bytes = Buffer.alloc(5);
  bytes[0] = first | 26;
  bytes.writeUInt32BE(argument, 1);
  return bytes;
}
const number = (value) => head(0, value);
const bytes = (value) => Buffer.concat([head(2, value.length), value]);
const array = (items) => Buffer.concat([head(4, items.length), ...items]);
// Keys 0, 1, 2, …
const map = (values) =>
    Buffer.concat([head(5, values.length), ...values.flatMap((value, i) => [number(i), value])]);

const entry = (kid, busy, digest) =>
    map([bytes(kid), bytes(model), bytes(terms), number(busy), bytes(digest)]);
const directory = (entries) => ({
  entries: entries.map(([kid, busy, digest]) => ({
    kid: hex(kid), model_hash: hex(model), terms_hash: hex(terms), busy_permille: busy,
    collateral: hex(digest),
  })),
  cbor: hex(map([number(2), array(entries.map((values) => entry(...values)))])),
});
const load = (of, intake, places, occupied, digest) => ({
  kids: of.map(hex), intake, places, occupied, collateral: hex(digest),
  cbor: hex(map([
    number(2), array(of.map(bytes)), number(intake), number(places), number(occupied), bytes(digest),
  ])),
});

console.log(JSON.stringify({
  hello: {
    seed: hex(seed), exporter: hex(exporter), server_spki_hash: hex(spkiHash),
    cases: [[1, kids[0]], [2, Buffer.alloc(32)]].map(
        ([role, kid]) => ({role, kid: hex(kid), hello: hex(hello(role, kid))})),
  },
  directory: [directory([]), directory([[kids[0], 0, collateral], [kids[1], 65535, none]])],
  load: [load(kids, 0, 68, 3, collateral), load([], 1, 4294967295, 0, none)],
}, null, 1));
