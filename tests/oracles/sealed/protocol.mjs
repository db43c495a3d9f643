// docs/formats/request.md and docs/formats/response.md in JavaScript: WebCrypto for everything but HPKE, which is
// @hpke/core's. Written from those pages alone.
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";

const { subtle } = globalThis.crypto;
const hpke = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

export const CHUNK_MAX = 16384;
export const KINDS = ["", "head", "data", "receipt", "ticket", "error", "pad", "end"];

export const hex = (bytes) => Buffer.from(bytes).toString("hex");
export const unhex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const text = (string) => new Uint8Array(Buffer.from(string, "latin1"));
const join = (...parts) => new Uint8Array(Buffer.concat(parts.map((part) => Buffer.from(part))));
const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", join(...parts)));

function number(size, value) {
  const out = new Uint8Array(size);
  for (let left = BigInt(value), at = size - 1; at >= 0; at -= 1, left >>= 8n) out[at] = Number(left & 255n);
  return out;
}

function readNumber(bytes) {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

function demand(condition, what) {
  if (!condition) throw new Error(what);
}

// RFC 5869's two steps apart: WebCrypto's own HKDF runs them as one, which suits Extract-then-Expand of one secret.
async function hkdf(salt, secret, info, size) {
  const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(
    await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info: text(info) }, key, size * 8),
  );
}

async function sequence(salt, secret, keyInfo, nonceInfo) {
  const raw = await hkdf(salt, secret, keyInfo, 32);
  const base = await hkdf(salt, secret, nonceInfo, 12);
  const key = await subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const parameters = (index, isLast) => {
    const counter = number(12, index);
    const iv = base.map((byte, at) => byte ^ counter[at]);
    return { name: "AES-GCM", iv, additionalData: new Uint8Array([isLast ? 1 : 0]), tagLength: 128 };
  };
  return {
    seal: async (index, isLast, plaintext) =>
      new Uint8Array(await subtle.encrypt(parameters(index, isLast), key, plaintext)),
    open: async (index, isLast, ciphertext) =>
      new Uint8Array(await subtle.decrypt(parameters(index, isLast), key, ciphertext)),
  };
}

// --- CBOR, as much of it as the two pages use ---

function cborHead(major, value) {
  const sizes = [[24, 0], [0x100, 1], [0x10000, 2], [0x100000000, 4]];
  const size = sizes.find(([limit]) => value < limit)[1];
  if (size === 0) return new Uint8Array([(major << 5) | value]);
  return join([(major << 5) | (24 + Math.log2(size))], number(size, value));
}
const cborText = (string) => {
  const bytes = new TextEncoder().encode(string);
  return join(cborHead(3, bytes.length), bytes);
};
const cborBytes = (bytes) => join(cborHead(2, bytes.length), bytes);

export const cborPair = (status, string) =>
  join(cborHead(5, 2), [1], cborHead(0, status), [2], cborText(string));

function cborRequest({ method, path, body, parents }) {
  return join(
    cborHead(5, 4),
    [1], cborText(method),
    [2], cborText(path),
    [3], cborBytes(unhex(body)),
    [4], cborHead(4, parents.length), ...parents.map((parent) => cborBytes(unhex(parent))),
  );
}

// --- keys ---

const PKCS8_X25519 = unhex("302e020100300506032b656e04220420");

export async function x25519(privateHex) {
  const privateKey = await subtle.importKey(
    "pkcs8", join(PKCS8_X25519, unhex(privateHex)), "X25519", true, ["deriveBits"]);
  const { x } = await subtle.exportKey("jwk", privateKey);
  const raw = new Uint8Array(Buffer.from(x, "base64url"));
  const publicKey = await subtle.importKey("raw", raw, "X25519", true, []);
  return { privateKey, publicKey, raw };
}

const headerHash = (header) => sha256(text("cocoon/1 hdr\0"), header);
const commitment = (cek) => sha256(text("cocoon/1 cek\0"), cek);
const wrapInfo = (hash, kid, terms) => join(text("cocoon/1 wrap\0"), hash, kid, terms);
const exportResponseSecret = async (context) =>
  new Uint8Array(await context.export(text("cocoon/1 resp\0"), 32));

// --- request ---

function pad(cbor) {
  let size = 1024;
  while (size < 4 + cbor.length) size *= 2;
  const padded = new Uint8Array(size);
  padded.set(number(4, cbor.length));
  padded.set(cbor, 4);
  return padded;
}

export async function sealRequest(vector) {
  const { terms, candidates } = vector;
  const cek = unhex(vector.cek);
  const header = join(
    text("CCN1"), [1, 0, candidates.length, 0], unhex(terms.request_id),
    number(4, terms.expires), number(4, terms.max_output_tokens), number(8, terms.max_price_nano),
    unhex(terms.model_hash), await commitment(cek));
  const hash = await headerHash(header);
  const recipients = [];
  const secrets = [];
  for (const candidate of candidates) {
    const kid = unhex(candidate.kid);
    const termsHash = unhex(candidate.terms_hash);
    const { publicKey } = await x25519(candidate.private_key);
    const ephemeral = await x25519(candidate.ephemeral_key);
    const context = await hpke.createSenderContext({
      recipientPublicKey: publicKey, info: wrapInfo(hash, kid, termsHash), ekm: ephemeral });
    const wrapped = new Uint8Array(await context.seal(cek));
    const enc = new Uint8Array(context.enc);
    recipients.push(join(kid, termsHash, [0], number(2, 80), enc, wrapped));
    secrets.push({ kid: candidate.kid, enc: hex(enc), secret: hex(await exportResponseSecret(context)) });
  }
  const cipher = await sequence(hash, cek, "req key", "req nonce");
  const padded = pad(cborRequest(vector.plaintext));
  const chunks = [];
  for (let at = 0; at < padded.length; at += CHUNK_MAX) {
    const isLast = at + CHUNK_MAX >= padded.length;
    const ct = await cipher.seal(at / CHUNK_MAX, isLast, padded.subarray(at, at + CHUNK_MAX));
    chunks.push(number(4, ct.length), ct);
  }
  const body = join(...chunks);
  return {
    relay: join(header, ...recipients, body),
    infer: recipients.map((recipient) => join(header, recipient, body)),
    secrets,
  };
}

// Opens an infer envelope with a worker's private key: {cbor, enc, secret}.
export async function openRequest(envelope, privateHex) {
  const header = envelope.subarray(0, 104);
  const recipient = envelope.subarray(104, 104 + 147);
  demand(hex(header.subarray(0, 6)) === hex(join(text("CCN1"), [1, 0])), "header");
  demand(hex(recipient.subarray(64, 67)) === "000050", "recipient");
  const enc = recipient.subarray(67, 99);
  const hash = await headerHash(header);
  const { privateKey, publicKey } = await x25519(privateHex);
  const context = await hpke.createRecipientContext({
    recipientKey: { privateKey, publicKey },
    enc: enc.slice().buffer,
    info: wrapInfo(hash, recipient.subarray(0, 32), recipient.subarray(32, 64)),
  });
  const cek = new Uint8Array(await context.open(recipient.slice(99).buffer));
  demand(hex(await commitment(cek)) === hex(header.subarray(72)), "commitment");
  const cipher = await sequence(hash, cek, "req key", "req nonce");
  const pieces = [];
  let rest = envelope.subarray(251);
  for (let index = 0; rest.length > 0; index += 1) {
    const length = readNumber(rest.subarray(0, 4));
    demand(rest.length >= 4 + length, "body truncated");
    const isLast = rest.length === 4 + length;
    pieces.push(await cipher.open(index, isLast, rest.subarray(4, 4 + length)));
    rest = rest.subarray(4 + length);
  }
  const padded = join(...pieces);
  const cbor = padded.subarray(4, 4 + readNumber(padded.subarray(0, 4)));
  demand(hex(pad(cbor)) === hex(padded), "padding");
  return { cbor, enc: hex(enc), secret: hex(await exportResponseSecret(context)) };
}

export const encodeRequest = cborRequest;

// --- response ---

async function responseCipher(vector) {
  return sequence(join(unhex(vector.enc), unhex(vector.resp_nonce)), unhex(vector.secret), "key", "nonce");
}

export async function sealResponse(vector) {
  const cipher = await responseCipher(vector);
  const out = [text("CCR1"), unhex(vector.kid), unhex(vector.resp_nonce)];
  for (const [index, frame] of vector.frames.entries()) {
    const data = unhex(frame.data);
    const zeros = new Uint8Array(frame.zeros);
    const plaintext = join([KINDS.indexOf(frame.kind)], number(2, data.length), data, zeros);
    const ct = await cipher.seal(index, frame.kind === "end", plaintext);
    out.push(number(2, ct.length), ct);
  }
  return join(...out);
}

export async function openResponse(stream, vector) {
  const cipher = await responseCipher(vector);
  demand(hex(stream.subarray(0, 4)) === hex(text("CCR1")), "magic");
  demand(hex(stream.subarray(4, 36)) === vector.kid, "kid");
  demand(hex(stream.subarray(36, 68)) === vector.resp_nonce, "nonce");
  const frames = [];
  let rest = stream.subarray(68);
  for (let index = 0; rest.length > 0; index += 1) {
    const length = readNumber(rest.subarray(0, 2));
    demand(rest.length >= 2 + length, "stream truncated");
    const ct = rest.subarray(2, 2 + length);
    rest = rest.subarray(2 + length);
    const isLast = rest.length === 0;
    const plaintext = await cipher.open(index, isLast, ct);
    const size = readNumber(plaintext.subarray(1, 3));
    const kind = KINDS[plaintext[0]];
    demand((kind === "end") === isLast, "end");
    frames.push({ kind, data: hex(plaintext.subarray(3, 3 + size)), zeros: plaintext.length - 3 - size });
  }
  return frames;
}
