// Every case is put to cocoon attest verify, to npm @phala/dcap-qvl and, where their toolchains are, to the Rust crate dcap-qvl
// and to Go's go-tdx-guest. differences.json names every difference, and docs/attestation.md says who is right.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { cases } from './cases.mjs';

const { QuoteVerifier } = createRequire(import.meta.url)('@phala/dcap-qvl');
const cocoon = process.env.COCOON_PROGRAM ?? 'build/bin/cocoon';
const rust = process.env.ATTEST_ORACLE_RUST;
const go = process.env.ATTEST_ORACLE_GO;
const policies = mkdtempSync(join(tmpdir(), 'cocoon-policy-'));

// The development root counts only under a policy, and a policy wants an image: the quote's own measurements.
function policyFor(one) {
  const quote = readFileSync(one.quote);
  const body = quote.readUInt16LE(0) === 5 ? 54 : 48;
  const hex = (at, size) => quote.subarray(body + at, body + at + size).toString('hex');
  const root = createHash('sha256').update(readFileSync(one.root)).digest('hex');
  const path = join(policies, `${one.name.replaceAll('/', '_')}.toml`);
  writeFileSync(path, `network = -777
[attestation]
roots = ["${root}"]
[[images]]
name = "image"
mrtd = "${hex(136, 48)}"
rtmr1 = "${hex(376, 48)}"
rtmr2 = "${hex(424, 48)}"
shapes = [{name = "shape", rtmr0 = "${hex(328, 48)}", xfam = "${hex(128, 8)}"}]
`);
  return path;
}

function ours(one) {
  const args = ['attest', 'verify', '--json', '--quote', one.quote, '--collateral', one.collateral,
    '--at', new Date(one.at * 1000).toISOString()];
  if (one.root !== '-') args.push('--policy', policyFor(one));
  const run = spawnSync(cocoon, args, { encoding: 'utf8' });
  assert.ok([0, 1, 2].includes(run.status), `${one.name}: exit status ${run.status} ${run.stderr}`);
  const out = JSON.parse(run.stdout);
  assert.equal(run.status === 0, out.verdict === 'accept', one.name);
  return { verdict: run.status === 0 ? 'accept' : 'reject', status: out.tcb_status ?? null, reasons: out.reasons ?? [out.error] };
}

// The npm package wants the members of the collateral that are bytes as bytes.
function npm(one) {
  try {
    const collateral = JSON.parse(readFileSync(one.collateral, 'utf8'));
    for (const key of ['root_ca_crl', 'pck_crl', 'tcb_info_signature', 'qe_identity_signature']) {
      if (collateral[key] !== undefined) collateral[key] = Buffer.from(collateral[key], 'hex');
    }
    const root = one.root === '-' ? undefined : readFileSync(one.root);
    const report = new QuoteVerifier(root).verify(readFileSync(one.quote), collateral, one.at);
    return { status: report.status };
  } catch (error) {
    return { error: error.cause ? `${error.message}: ${error.cause.message}` : error.message };
  }
}

// A peer that gives a status has found signatures, windows and attributes in order; UpToDate is its accept.
const verdictOf = (peer) => (peer.status === 'UpToDate' ? 'accept' : 'reject');

const pinned = JSON.parse(readFileSync(new URL('differences.json', import.meta.url)));

function compare(name, answers) {
  const seen = {};
  cases.forEach((one, index) => {
    const mine = ours(one);
    const peer = answers[index];
    const agree = mine.verdict === verdictOf(peer) && (peer.status === undefined || peer.status === mine.status);
    if (!agree) seen[one.name] = { ours: `${mine.verdict}, ${mine.status}`, theirs: peer.status ?? peer.error };
  });
  assert.deepEqual(seen, pinned[name]);
}

test('npm @phala/dcap-qvl agrees, but for what is pinned', () => compare('npm', cases.map(npm)));

// A peer that is a program: a line for each case in, a line of JSON for each out.
function filter(program) {
  const lines = cases.map((one) => `${one.quote} ${one.collateral} ${one.at} ${one.root}`).join('\n');
  return execFileSync(program, { input: `${lines}\n`, encoding: 'utf8' }).trim().split('\n').map((line) => JSON.parse(line));
}

test('the crate dcap-qvl agrees, but for what is pinned', { skip: rust ? false : 'no Rust toolchain' },
  () => compare('crate', filter(rust)));

test('go-tdx-guest agrees, but for what is pinned', { skip: go ? false : 'no Go toolchain, or its modules cannot be had' },
  () => compare('go', filter(go)));
