// Pins the suite DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM, for which RFC 9180 prints no X25519 vectors:
// src/hpke, through hpke_oracle.cpp, against @hpke/core. Random cases; a failing one prints all it was made of.
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const CASES = 200;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");
const build = path.resolve(root, process.env.COCOON_BUILD_DIR ?? "build");
const program = path.join(build, "tests", "cocoon_hpke_oracle");

const suite = new CipherSuite({
  kem: new DhkemX25519HkdfSha256(),
  kdf: new HkdfSha256(),
  aead: new Aes256Gcm(),
});

const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
const gone = new Promise((_, reject) => {
  child.on("error", (error) => reject(new Error(`${program}: ${error.message}; build cocoon_hpke_oracle first`)));
  child.on("exit", (code) => reject(new Error(`cocoon_hpke_oracle ended with ${code}`)));
});
gone.catch(() => {});
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
after(() => child.stdin.end());

const toHex = (bytes) => Buffer.from(bytes).toString("hex") || "-";
const fromHex = (text) => Buffer.from(text === "-" ? "" : text, "hex");

// Asks our program; null where it refused.
async function ask(command, ...fields) {
  child.stdin.write(`${[command, ...fields.map(toHex)].join(" ")}\n`);
  const { value, done } = await Promise.race([lines.next(), gone]);
  assert.equal(done, false, "cocoon_hpke_oracle answered nothing");
  return value === "refused" ? null : value.split(" ").map(fromHex);
}

// Lengths from nothing to several blocks; sometimes much longer, up to what @hpke/core takes for an exporter context.
const someBytes = () => randomBytes(randomInt(8) === 0 ? randomInt(8193) : randomInt(70));

async function drawCase() {
  const recipientPrivate = randomBytes(32);
  const [recipientPublic] = await ask("public", recipientPrivate);
  const messages = Array.from({ length: randomInt(1, 5) }, () => ({ aad: someBytes(), pt: someBytes() }));
  return { recipientPrivate, recipientPublic, info: someBytes(), exporterContext: someBytes(), messages };
}

async function theirReceiver(drawn, enc) {
  const recipientKey = await suite.kem.importKey("raw", drawn.recipientPrivate, false);
  return suite.createRecipientContext({ recipientKey, enc, info: drawn.info });
}

async function theirSender(drawn) {
  const recipientPublicKey = await suite.kem.importKey("raw", drawn.recipientPublic, true);
  return suite.createSenderContext({ recipientPublicKey, info: drawn.info });
}

const same = (actual, expected, what, drawn) =>
  assert.equal(toHex(actual), toHex(expected), `${what} differ: ${JSON.stringify(drawn)}`);

const interleave = (messages, bodies) => messages.flatMap(({ aad }, i) => [aad, bodies[i]]);

test(`@hpke/core opens what we seal, and exports agree, in ${CASES} random cases`, async () => {
  for (let i = 0; i < CASES; i += 1) {
    const drawn = await drawCase();
    const pts = drawn.messages.map(({ pt }) => pt);
    const [enc, exported, ...cts] = await ask(
      "seal", drawn.recipientPublic, randomBytes(32), drawn.info, drawn.exporterContext,
      ...interleave(drawn.messages, pts),
    );
    assert.equal(cts.length, pts.length);
    const receiver = await theirReceiver(drawn, enc);
    for (const [n, ct] of cts.entries()) {
      same(await receiver.open(ct, drawn.messages[n].aad), pts[n], `plaintexts ${n}`, drawn);
    }
    same(await receiver.export(drawn.exporterContext, 32), exported, "exports", drawn);
  }
});

test(`we open what @hpke/core seals, and exports agree, in ${CASES} random cases`, async () => {
  for (let i = 0; i < CASES; i += 1) {
    const drawn = await drawCase();
    const sender = await theirSender(drawn);
    const cts = [];
    for (const { aad, pt } of drawn.messages) cts.push(await sender.seal(pt, aad));
    const answer = await ask(
      "open", drawn.recipientPrivate, sender.enc, drawn.info, drawn.exporterContext,
      ...interleave(drawn.messages, cts),
    );
    assert.notEqual(answer, null, `refused: ${JSON.stringify(drawn)}`);
    const [exported, ...pts] = answer;
    assert.equal(pts.length, cts.length);
    for (const [n, pt] of pts.entries()) same(pt, drawn.messages[n].pt, `plaintexts ${n}`, drawn);
    same(await sender.export(drawn.exporterContext, 32), exported, "exports", drawn);
  }
});

test("both sides refuse a changed bit", async () => {
  const flip = (bytes) => {
    const changed = Buffer.from(bytes);
    changed[randomInt(changed.length)] ^= 1 << randomInt(8);
    return changed;
  };
  for (let i = 0; i < 50; i += 1) {
    const drawn = await drawCase();
    const [{ aad, pt }] = drawn.messages;
    const sender = await theirSender(drawn);
    const ct = flip(await sender.seal(pt, aad));
    assert.equal(await ask("open", drawn.recipientPrivate, sender.enc, drawn.info, drawn.exporterContext, aad, ct), null);

    const [enc, , ours] = await ask(
      "seal", drawn.recipientPublic, randomBytes(32), drawn.info, drawn.exporterContext, aad, pt,
    );
    const receiver = await theirReceiver(drawn, enc);
    await assert.rejects(receiver.open(flip(ours), aad));
  }
});

test("we refuse an encapsulation of small order", async () => {
  const drawn = await drawCase();
  assert.equal(await ask("open", drawn.recipientPrivate, Buffer.alloc(32), drawn.info, drawn.exporterContext), null);
  assert.equal(await ask("seal", Buffer.alloc(32), randomBytes(32), drawn.info, drawn.exporterContext), null);
});
