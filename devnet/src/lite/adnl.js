// ADNL over TCP, the server's side: the handshake that agrees on two AES-CTR streams, then frames of
// length u32 | nonce[32] | payload | SHA-256(nonce ‖ payload).
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  randomBytes,
} from 'node:crypto';
import { sha256 } from '../chain/signing.js';

const HANDSHAKE_BYTES = 256;
const FRAME_OVERHEAD = 64;
/** The longest frame taken from a client: a message of the largest size with room to spare. */
const FRAME_BYTES_MAX = 1 << 20;
const X25519_PRIVATE_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');
const X25519_PUBLIC_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const FIELD = 2n ** 255n - 19n;

/** Why a connection ends. */
export class AdnlError extends Error {}

/** One connection: bytes in, payloads out; payloads in, bytes out. */
export class AdnlStream {
  /** @param {import('../chain/signing.js').SigningKey} key of the server */
  constructor(key) {
    this.key = key;
    this.buffer = Buffer.alloc(0);
    this.streams = null;
  }

  /** @param {Buffer} data from the socket @returns {Buffer[]} payloads; the first, of the handshake, is empty */
  receive(data) {
    const payloads = [];
    this.buffer = Buffer.concat([this.buffer, this.streams ? this.streams.decrypt.update(data) : data]);
    if (!this.streams) {
      if (this.buffer.length < HANDSHAKE_BYTES) return payloads;
      const rest = this.buffer.subarray(HANDSHAKE_BYTES);
      this.streams = acceptHandshake(this.key, this.buffer.subarray(0, HANDSHAKE_BYTES));
      this.buffer = this.streams.decrypt.update(rest);
      payloads.push(Buffer.alloc(0));
    }
    for (let frame = this.#takeFrame(); frame; frame = this.#takeFrame()) payloads.push(frame);
    return payloads;
  }

  #takeFrame() {
    if (this.buffer.length < 4) return null;
    const length = this.buffer.readUInt32LE();
    if (length < FRAME_OVERHEAD || length > FRAME_BYTES_MAX) throw new AdnlError(`a frame of ${length} bytes`);
    if (this.buffer.length < 4 + length) return null;
    const body = this.buffer.subarray(4, 4 + length - 32);
    const digest = this.buffer.subarray(4 + length - 32, 4 + length);
    if (!sha256(body).equals(digest)) throw new AdnlError('a frame whose checksum does not match');
    this.buffer = this.buffer.subarray(4 + length);
    return body.subarray(32);
  }

  /** @returns {Buffer} for the socket */
  frame(payload) {
    const nonce = randomBytes(32);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(FRAME_OVERHEAD + payload.length);
    return this.streams.encrypt.update(Buffer.concat([length, nonce, payload, sha256(nonce, payload)]));
  }
}

// server key id[32] | client's Ed25519 key[32] | SHA-256(parameters)[32] | AES-CTR(parameters)[160]
function acceptHandshake(key, bytes) {
  if (!bytes.subarray(0, 32).equals(key.shortId)) throw new AdnlError('a handshake for another key');
  const digest = bytes.subarray(64, 96);
  const secret = sharedSecret(key, bytes.subarray(32, 64));
  const aesKey = Buffer.concat([secret.subarray(0, 16), digest.subarray(16, 32)]);
  const nonce = Buffer.concat([digest.subarray(0, 4), secret.subarray(20, 32)]);
  const parameters = createDecipheriv('aes-256-ctr', aesKey, nonce).update(bytes.subarray(96));
  if (!sha256(parameters).equals(digest)) throw new AdnlError('a handshake that does not decrypt');
  // The first key and nonce are those by which the client reads.
  return {
    encrypt: createCipheriv('aes-256-ctr', parameters.subarray(0, 32), parameters.subarray(64, 80)),
    decrypt: createDecipheriv('aes-256-ctr', parameters.subarray(32, 64), parameters.subarray(80, 96)),
  };
}

// X25519 between two Ed25519 keys: the seed's hash as the scalar (RFC 8032 §5.1.5), the point's Montgomery form.
function sharedSecret(key, clientPublic) {
  const scalar = createHash('sha512').update(key.seed).digest().subarray(0, 32);
  const privateKey = createPrivateKey({
    key: Buffer.concat([X25519_PRIVATE_PREFIX, scalar]),
    format: 'der',
    type: 'pkcs8',
  });
  const point = Buffer.concat([X25519_PUBLIC_PREFIX, montgomery(clientPublic)]);
  try {
    return diffieHellman({ privateKey, publicKey: createPublicKey({ key: point, format: 'der', type: 'spki' }) });
  } catch {
    throw new AdnlError('a handshake with a key of small order');
  }
}

// u = (1 + y) / (1 - y), RFC 7748 §4.1.
function montgomery(edwards) {
  const y = BigInt(`0x${Buffer.from(edwards).reverse().toString('hex')}`) & ((1n << 255n) - 1n);
  const u = (((1n + y) % FIELD) * power((1n - y + FIELD) % FIELD, FIELD - 2n)) % FIELD;
  return Buffer.from(u.toString(16).padStart(64, '0'), 'hex').reverse();
}

function power(base, exponent) {
  let result = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % FIELD)
    if (e & 1n) result = (result * b) % FIELD;
  return result;
}
