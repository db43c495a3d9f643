// Prints tests/data/formats/log.json: a proxy's log key, checkpoints and proofs as docs/formats/log.md describes them.
import crypto from 'node:crypto';

const sha256 = (...parts) => crypto.createHash('sha256').update(Buffer.concat(parts)).digest();
const byte = (value) => Buffer.from([value]);
const base64 = (bytes) => bytes.toString('base64');

const seed = Buffer.alloc(32, 9);
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
const key = crypto.createPrivateKey({key: pkcs8, format: 'der', type: 'pkcs8'});
const publicKey = crypto.createPublicKey(key).export({format: 'der', type: 'spki'}).subarray(-32);
const name = `cocoon/${sha256(Buffer.from('cocoon/1 log\0'), publicKey).subarray(0, 16).toString('hex')}`;
const id = sha256(Buffer.from(`${name}\n`), byte(1), publicKey).subarray(0, 4);

const entry = (number) => sha256(Buffer.from(`receipt ${number}`));
const leaf = (number) => sha256(byte(0), entry(number));

// RFC 9162 §2.1.1 and §2.1.3.1, over leaves first to end.
function split(count) {
  let half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}
function root(first, end) {
  if (end - first === 1) return leaf(first);
  const middle = first + split(end - first);
  return sha256(byte(1), root(first, middle), root(middle, end));
}
function path(index, first, end) {
  if (end - first === 1) return [];
  const middle = first + split(end - first);
  return index < middle ? [...path(index, first, middle), root(middle, end)] :
                          [...path(index, middle, end), root(first, middle)];
}

function checkpoint(size) {
  const text = `${name}\n${size}\n${base64(root(0, size))}\n`;
  const signature = crypto.sign(null, Buffer.from(text), key);
  return `${text}\n\u2014 ${name} ${base64(Buffer.concat([id, signature]))}\n`;
}

function proof(index, size) {
  const hashes = path(index, 0, size).map((hash) => `${base64(hash)}\n`).join('');
  return {
    index, size, entry: entry(index).toString('hex'),
    text: `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${checkpoint(size)}`,
  };
}

const vectors = {
  seed: seed.toString('hex'),
  key: `${name}+${id.toString('hex')}+${base64(Buffer.concat([byte(1), publicKey]))}`,
  checkpoints: [1, 2, 7].map((size) => ({size, root: root(0, size).toString('hex'), text: checkpoint(size)})),
  proofs: [proof(0, 1), proof(1, 2), proof(0, 7), proof(6, 7)],
};
process.stdout.write(`${JSON.stringify(vectors, null, 1)}\n`);
