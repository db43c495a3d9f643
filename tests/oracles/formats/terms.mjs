// Prints tests/data/formats/terms.json: terms and prices as docs/formats/terms.md describes them, in arbitrary-precision integers.
import crypto from 'node:crypto';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const seed = Buffer.alloc(32, 5);
const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
const key = crypto.createPrivateKey({key: pkcs8, format: 'der', type: 'pkcs8'});
const publicKey = crypto.createPublicKey(key).export({format: 'der', type: 'spki'}).subarray(-32);

// The shortest head of a CBOR item (RFC 8949 §3).
function head(major, argument) {
  const size = [1, 2, 4, 8].find((bytes) => argument < 1n << BigInt(8 * bytes));
  if (argument < 24n) return Buffer.from([major << 5 | Number(argument)]);
  const digits = argument.toString(16).padStart(2 * size, '0');
  return Buffer.concat([Buffer.from([major << 5 | 24 + Math.log2(size)]), Buffer.from(digits, 'hex')]);
}
const bytes = (value) => Buffer.concat([head(2, BigInt(value.length)), value]);
const payloadOf = (values) =>
    Buffer.concat([head(5, BigInt(values.length)), ...values.flatMap((value, i) => [head(0, BigInt(i)), head(0, value)])]);

// COSE_Sign1 under tag 18 with {1: -19} alone; Sig_structure of RFC 9052 §4.4.
const algorithm = Buffer.from('a10132', 'hex');
function signed(payload, context) {
  const structure = Buffer.concat([
    head(4, 4n), head(3, 10n), Buffer.from('Signature1'), bytes(algorithm), bytes(context), bytes(payload),
  ]);
  const signature = crypto.sign(null, structure, key);
  return Buffer.concat([head(6, 18n), head(4, 4n), bytes(algorithm), head(5, 0n), bytes(payload), bytes(signature)]);
}
function document(context, values) {
  const label = Buffer.from(`${context}\0`);
  const payload = payloadOf([1n, ...values]);
  return {
    payload: hex(payload), hash: hex(crypto.createHash('sha256').update(label).update(payload).digest()),
    signed: hex(signed(payload, label)),
  };
}

const quotient = (value, by) => (value + by - 1n) / by;
function priceOf([input, cached, output, reasoning], prices) {
  if (input + output === 0n) return 0n;
  const micro = 256n * ((input - cached) * prices[0] + cached * prices[1]) +
                64n * ((output - reasoning) * prices[2] + reasoning * prices[3]);
  const price = quotient(micro, 1_000_000n);
  return price > prices[4] ? price : prices[4];
}

const most = 10n ** 15n;
const sheets = [
  [0n, 0n, 0n, 0n, 0n],
  [150_000_000n, 15_000_000n, 600_000_000n, 600_000_000n, 20_000n],
  [1n, 0n, 1n, 2n, 0n],
  [most, most, most, most, most],
  [23n, 24n, 255n, 256n, 65_536n],
];
const bucketSheets = [
  [0n, 0n, 0n, 0n], [1n, 0n, 0n, 0n], [1n, 1n, 1n, 1n], [40n, 31n, 9n, 4n], [8_192n, 0n, 4_096n, 4_096n],
  [1n << 40n, 1n << 39n, 1n << 40n, 7n], [1n << 56n, 0n, 1n << 58n, 1n << 58n],
];
const limit = 1n << 63n;
const inRange = (value) => value < limit ? String(value) : 'refused';

const vectors = {
  seed: hex(seed), key: hex(publicKey),
  worker_terms: sheets.map((prices) => ({
    input: String(prices[0]), cached: String(prices[1]), output: String(prices[2]), reasoning: String(prices[3]),
    minimum: String(prices[4]), ...document('cocoon/1 terms', prices),
    prices: bucketSheets.map((buckets) => ({buckets: buckets.map(String), price: inRange(priceOf(buckets, prices))})),
  })),
  proxy_terms: [0n, 1n, 23n, 24n, 250n, 10_000n].map((fee) => ({
    fee_basis_points: Number(fee), ...document('cocoon/1 proxy terms', [fee]),
    totals: [0n, 1n, 39n, 40n, 1_234_567n, limit - 1n].map((price) => ({
      price: String(price), total: inRange(price + quotient(price * fee, 10_000n)),
    })),
  })),
};
process.stdout.write(`${JSON.stringify(vectors, null, 1)}\n`);
