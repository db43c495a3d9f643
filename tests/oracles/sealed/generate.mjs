// Writes tests/data/formats/request.json and response.json. Run it only when a format changes, together with its page.
import { mkdir, writeFile } from "node:fs/promises";
import { hex, sealRequest, sealResponse } from "./protocol.mjs";
import { requests, responses } from "./vectors.mjs";

const folder = new URL("../../data/formats/", import.meta.url);
await mkdir(folder, { recursive: true });

const sealedRequests = [];
for (const vector of requests) {
  const sealed = await sealRequest(vector);
  sealedRequests.push({
    ...vector,
    candidates: vector.candidates.map((candidate, index) => ({
      ...candidate,
      enc: sealed.secrets[index].enc,
      response_secret: sealed.secrets[index].secret,
    })),
    envelope: hex(sealed.relay),
  });
}
const sealedResponses = [];
for (const vector of responses) {
  sealedResponses.push({ ...vector, stream: hex(await sealResponse(vector)) });
}
const write = (name, value) => writeFile(new URL(name, folder), `${JSON.stringify(value, null, 1)}\n`);
await write("request.json", sealedRequests);
await write("response.json", sealedResponses);
