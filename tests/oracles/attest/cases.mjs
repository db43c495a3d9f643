// The pairs of quote and collateral that all verifiers are asked about: what was recorded, what tdx-sim's forebear
// signed, and changes of one part of a recorded pair.
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const data = 'tests/data/attestation';
const read = (path) => readFileSync(path);
const seconds = (rfc3339) => Math.floor(Date.parse(rfc3339) / 1000);

const folder = mkdtempSync(join(tmpdir(), 'cocoon-attest-'));
let written = 0;
function keep(bytes) {
  const path = join(folder, String(++written));
  writeFileSync(path, bytes);
  return path;
}

const expectation = (name) => JSON.parse(read(`${data}/tdx/${name}/expected.json`));

function recorded() {
  return readdirSync(`${data}/tdx`).sort().map((name) => {
    const expected = expectation(name);
    return {
      name,
      quote: `${data}/tdx/${name}/quote.bin`,
      collateral: `${data}/tdx/${name}/collateral.json`,
      at: seconds(expected.verify_at ?? '2026-05-01T00:00:00Z'),
      root: '-',
    };
  });
}

function simulated() {
  return readdirSync(`${data}/sim`).filter((name) => name.endsWith('.bin')).sort().map((name) => ({
    name: `sim/${name}`,
    quote: `${data}/sim/${name}`,
    collateral: `${data}/sim/collateral.json`,
    at: seconds('2027-01-15T08:00:00Z'),
    root: `${data}/sim/dev_root.der`,
  }));
}

// The same case with one member of the collateral changed.
function withMember(base, name, change) {
  const collateral = JSON.parse(read(base.collateral));
  change(collateral);
  return { ...base, name, collateral: keep(JSON.stringify(collateral)) };
}

function withQuote(base, name, change) {
  const quote = Buffer.from(read(base.quote));
  return { ...base, name, quote: keep(change(quote) ?? quote) };
}

function swapChain(pem) {
  const second = pem.indexOf('-----BEGIN', 10);
  return pem.slice(second) + pem.slice(0, second);
}

// One part of a good pair changed; `other` is of another platform model.
function changed(good, other) {
  const short = good.name.slice(0, 2);
  const named = (what) => `${short} ${what}`;
  const taken = JSON.parse(read(other.collateral));
  const windows = expectation(good.name).collateral_window.map(seconds);
  const next = seconds(JSON.parse(JSON.parse(read(good.collateral)).tcb_info).nextUpdate);
  const edit = (what, change) => withMember(good, named(what), change);
  const upper = (member) => edit(`upper case ${member}`, (c) => { c[member] = c[member].toUpperCase(); });
  const from = (member) => edit(`${member} of another`, (c) => { c[member] = taken[member]; });
  const without = (member) => edit(`without ${member}`, (c) => { delete c[member]; });
  const at = (what, time) => ({ ...good, name: named(what), at: time });
  return [
    ...['tcb_info_signature', 'qe_identity_signature', 'pck_crl', 'root_ca_crl'].map(upper),
    ...['tcb_info', 'tcb_info_signature', 'qe_identity', 'qe_identity_signature', 'pck_crl', 'root_ca_crl'].map(from),
    ...['tcb_info', 'qe_identity', 'pck_crl', 'root_ca_crl', 'pck_crl_issuer_chain'].map(without),
    edit('TCB info chain, root first', (c) => { c.tcb_info_issuer_chain = swapChain(c.tcb_info_issuer_chain); }),
    edit('PCK CRL chain, root first', (c) => { c.pck_crl_issuer_chain = swapChain(c.pck_crl_issuer_chain); }),
    edit('a blank more in the TCB info', (c) => { c.tcb_info = c.tcb_info.replace(',', ', '); }),
    edit('a member more', (c) => { c.version = 3; }),
    at('at the last issue date', windows[0]),
    at('a second before the last issue date', windows[0] - 1),
    at('a second before the first next update', windows[1] - 1),
    at('at the first next update', windows[1]),
    at('after the next update', next + 1),
    withQuote(good, named('bytes after the quote'), (q) => Buffer.concat([q, Buffer.alloc(39, 0x5a)])),
    withQuote(good, named('a cut quote'), (q) => q.subarray(0, 4000)),
    ...[28, 60, 168, 400, 632, 640, 700, 764, 770, 1100, 1154, 1218, 1230, 1300].map((offset) => flip(good, offset)),
  ];
}

function flip(base, offset) {
  return withQuote(base, `${base.name.slice(0, 2)} flipped at ${offset}`, (quote) => { quote[offset] ^= 1; });
}

const pairs = recorded();
const numbered = (number) => pairs.find((one) => one.name.startsWith(`${number}_`));

// Two bases: go-tdx-guest refuses the first for how its TCB info writes the FMSPC, and the lists of the second's neighbour
// are valid at the same time.
export const cases = [
  ...pairs,
  ...simulated(),
  ...changed(numbered('01'), numbered('19')),
  ...changed(numbered('07'), numbered('06')),
  ...[48, 50, 174, 640, 660].map((offset) => flip(numbered('10'), offset)),
];
