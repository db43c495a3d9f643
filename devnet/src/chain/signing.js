// Ed25519 over node:crypto, and the TL names of keys.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

// The fixed DER prefixes of an Ed25519 key: RFC 8410, PKCS #8 and SubjectPublicKeyInfo.
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
// TL pub.ed25519#4813b4c6 key:int256 = PublicKey, little-endian.
const PUB_ED25519 = Buffer.from('c6b41348', 'hex');

export function sha256(...parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** A key pair that is always the same for the same seed and name. */
export class SigningKey {
  /** @param {Buffer} seed 32 bytes */
  constructor(seed) {
    this.seed = seed;
    this.key = createPrivateKey({ key: Buffer.concat([PRIVATE_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    this.publicKey = createPublicKey(this.key).export({ format: 'der', type: 'spki' }).subarray(-32);
    this.shortId = keyId(this.publicKey);
  }

  static derive(secret, name) {
    return new SigningKey(sha256(secret, Buffer.from(`cocoon devnet ${name}\0`)));
  }

  sign(message) {
    return sign(null, message, this.key);
  }
}

/** SHA-256 of the TL form of an Ed25519 public key: how ADNL and signatures name it. */
export function keyId(publicKey) {
  return sha256(PUB_ED25519, publicKey);
}
