// The inputs of the vectors. Every byte of entropy is fixed: fill(0xNN) repeats one byte.
import { cborPair, hex } from "./protocol.mjs";

const fill = (byte, size = 32) => hex(new Uint8Array(size).fill(byte));
const utf8 = (string) => hex(new TextEncoder().encode(string));

const candidate = (index) => ({
  kid: fill(0x10 + index),
  terms_hash: fill(0x20 + index),
  private_key: fill(0x30 + index),
  ephemeral_key: fill(0x40 + index),
});

const terms = {
  request_id: fill(0x51, 16),
  expires: 1800000300,
  max_output_tokens: 256,
  max_price_nano: 1234567890123,
  model_hash: fill(0x52),
};

// `length` bytes that do not repeat with any power of two.
const pattern = (length) => hex(Uint8Array.from({ length }, (_, at) => (at * 7 + 3) % 251));

export const requests = [
  {
    name: "a chat request for three candidates",
    terms,
    cek: fill(0x60),
    candidates: [candidate(0), candidate(1), candidate(2)],
    plaintext: {
      method: "POST",
      path: "/v1/chat/completions",
      body: utf8('{"model":"m","messages":[{"role":"user","content":"h\u00e9llo"}]}'),
      parents: [fill(0x71), fill(0x72)],
    },
  },
  {
    name: "an empty body for one candidate",
    terms: { ...terms, max_price_nano: 0, max_output_tokens: 0 },
    cek: fill(0x61),
    candidates: [candidate(3)],
    plaintext: { method: "GET", path: "/v1/models", body: "", parents: [] },
  },
  {
    name: "a body that needs two chunks",
    terms,
    cek: fill(0x62),
    candidates: [candidate(4)],
    plaintext: { method: "POST", path: "/v1/embeddings", body: pattern(17000), parents: [] },
  },
];

const frame = (kind, data = "", zeros = 0) => ({ kind, data, zeros });
const secret = (index) => ({
  kid: fill(0x10 + index), enc: fill(0x80 + index), secret: fill(0x90 + index), resp_nonce: fill(0xa0 + index) });

export const responses = [
  {
    name: "a streamed answer with its receipt",
    ...secret(0),
    frames: [
      frame("head", hex(cborPair(200, "text/event-stream"))),
      frame("data", utf8('data: {"choices":[]}\n\n')),
      frame("data", utf8("data: [DONE]\n\n")),
      frame("receipt", pattern(300)),
      frame("end"),
    ],
  },
  {
    name: "an answer that fails half way",
    ...secret(1),
    frames: [
      frame("head", hex(cborPair(200, "application/json"))),
      frame("error", hex(cborPair(504, "the engine did not answer in time"))),
      frame("end"),
    ],
  },
  {
    name: "frames with zeros and pads, as a shaping worker sends them",
    ...secret(2),
    frames: [
      frame("pad", "", 253),
      frame("data", utf8("x"), 252),
      frame("end", "", 253),
    ],
  },
];
