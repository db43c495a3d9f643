import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { encodeRequest, hex, openRequest, openResponse, sealRequest, sealResponse, unhex } from "./protocol.mjs";

const load = async (name) =>
  JSON.parse(await readFile(new URL(`../../data/formats/${name}`, import.meta.url), "utf8"));

// H ‖ the recipient at `index` ‖ body, cut out of the relay envelope.
function inferEnvelope(envelope, count, index) {
  const recipient = envelope.subarray(104 + index * 147, 104 + (index + 1) * 147);
  return new Uint8Array(Buffer.concat([envelope.subarray(0, 104), recipient, envelope.subarray(104 + count * 147)]));
}

for (const vector of await load("request.json")) {
  test(`request: ${vector.name}`, async () => {
    const envelope = unhex(vector.envelope);
    assert.equal(hex((await sealRequest(vector)).relay), vector.envelope);
    for (const [index, candidate] of vector.candidates.entries()) {
      const infer = inferEnvelope(envelope, vector.candidates.length, index);
      const opened = await openRequest(infer, candidate.private_key);
      assert.equal(hex(opened.cbor), hex(encodeRequest(vector.plaintext)));
      assert.equal(opened.enc, candidate.enc);
      assert.equal(opened.secret, candidate.response_secret);
    }
  });

  test(`request: ${vector.name}: a changed bit opens nothing`, async () => {
    const infer = inferEnvelope(unhex(vector.envelope), vector.candidates.length, 0);
    for (const at of [8, 31, 72, 104, 136, 171, 203, 255, infer.length - 1]) {
      const changed = infer.slice();
      changed[at] ^= 1;
      await assert.rejects(openRequest(changed, vector.candidates[0].private_key));
    }
  });
}

for (const vector of await load("response.json")) {
  test(`response: ${vector.name}`, async () => {
    assert.equal(hex(await sealResponse(vector)), vector.stream);
    assert.deepEqual(await openResponse(unhex(vector.stream), vector), vector.frames);
  });

  test(`response: ${vector.name}: a stream without its end is refused`, async () => {
    const stream = unhex(vector.stream);
    const end = vector.frames.at(-1);
    await assert.rejects(openResponse(stream.subarray(0, stream.length - 21 - end.zeros), vector));
  });
}
