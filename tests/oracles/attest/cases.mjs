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

function recorded() {
  return readdirSync(`${data}/tdx`).sort().map((name) => {
    const expected = JSON.parse(read(`${data}/tdx/${name}/expected.json`));
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

function changed() {
  const all = recorded();
  const good = all.find((one) => one.name.startsWith('01_'));
  const v5 = all.find((one) => one.name.startsWith('10_'));
  const other = JSON.parse(read(all.find((one) => one.name.startsWith('19_')).collateral));
  const info = JSON.parse(JSON.parse(read(good.collateral)).tcb_info);
  const upper = (member) => withMember(good, `upper case ${member}`, (c) => { c[member] = c[member].toUpperCase(); });
  const from = (member) => withMember(good, `${member} of another`, (c) => { c[member] = other[member]; });
  const without = (member) => withMember(good, `without ${member}`, (c) => { delete c[member]; });
  const flip = (base, offset) => withQuote(base, `${base.name} flipped at ${offset}`, (q) => { q[offset] ^= 1; });
  return [
    ...['tcb_info_signature', 'qe_identity_signature', 'pck_crl', 'root_ca_crl'].map(upper),
    ...['tcb_info', 'tcb_info_signature', 'qe_identity', 'qe_identity_signature', 'pck_crl', 'root_ca_crl'].map(from),
    ...['tcb_info', 'qe_identity', 'pck_crl', 'root_ca_crl', 'pck_crl_issuer_chain'].map(without),
    withMember(good, 'TCB info chain, root first', (c) => { c.tcb_info_issuer_chain = swapChain(c.tcb_info_issuer_chain); }),
    withMember(good, 'PCK CRL chain, root first', (c) => { c.pck_crl_issuer_chain = swapChain(c.pck_crl_issuer_chain); }),
    withMember(good, 'a blank more in the TCB info', (c) => { c.tcb_info = c.tcb_info.replace(',', ', '); }),
    withMember(good, 'a member more', (c) => { c.version = 3; }),
    { ...good, name: 'at the issue date', at: seconds('2025-06-19T10:32:27Z') },
    { ...good, name: 'a second before the issue date', at: seconds('2025-06-19T10:32:26Z') },
    { ...good, name: 'a second before the next update', at: seconds('2025-07-19T10:00:34Z') },
    { ...good, name: 'at the next update of a list', at: seconds('2025-07-19T10:00:35Z') },
    { ...good, name: 'after the next update', at: seconds(info.nextUpdate) + 1 },
    withQuote(good, 'bytes after the quote', (q) => Buffer.concat([q, Buffer.alloc(39, 0x5a)])),
    withQuote(good, 'a cut quote', (q) => q.subarray(0, 4000)),
    ...[28, 60, 168, 400, 632, 640, 700, 764, 770, 1100, 1154, 1218, 1230, 1300].map((offset) => flip(good, offset)),
    ...[48, 50, 174, 640, 660].map((offset) => flip(v5, offset)),
  ];
}

export const cases = [...recorded(), ...simulated(), ...changed()];
