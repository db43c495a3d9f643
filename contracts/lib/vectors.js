// Test vectors of docs/formats/, for encoders in other languages: tests/data/formats/NAME.json.

import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Address, beginCell } from '@ton/core'
import { keyPairFromSeed } from '@ton/crypto'

import { anchorAddress, anchorData, checkpointText, proofCell, signCheckpoint, updateBody } from './anchor.js'
import { leavesOf } from './anchor_world.js'
import {
  channelAddress, coopCloseBody, finalAmountCell, finishBody, freshChannelData, readChannel, redeemBody, signCell, startCloseBody,
  voucherCell,
} from './channel.js'
import { readPin } from './compile.js'
import { consistencyProof, treeRoot } from './merkle.js'
import {
  change, emptyRegistry, imageCell, listKind, message, nameCell, platformCell, proxyDetailsCell, readName, registrationCell, registryData,
  rootCell, snpImageCell, snpProduct, term, vendor,
} from './registry.js'

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../tests/data/formats')

export const vectorPath = (name) => join(folder, `${name}.json`)

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const bocOf = (cell) => hex(cell.toBoc({ idx: false, crc32: false }))
const bitsOf = (cell) => hex(cell.bits.subbuffer(0, cell.bits.length))
const accountOf = (address) => ({ workchain: address.workChain, account: hex(address.hash) })
const filled = (byte) => Buffer.alloc(32, byte)

const seeds = { payer: filled(1), payee: filled(2) }
const keys = { payer: keyPairFromSeed(seeds.payer), payee: keyPairFromSeed(seeds.payee) }

function voucherVector(voucher) {
  const cell = voucherCell(voucher)
  const signature = signCell(cell, keys.payer.secretKey)
  return {
    network: voucher.network,
    channel: accountOf(voucher.channel),
    epoch: voucher.epoch,
    seq: String(voucher.seq),
    cumulative_nano: String(voucher.cumulative),
    context: hex(voucher.context),
    bytes: bitsOf(cell),
    cell_hash: hex(cell.hash()),
    signature: hex(signature),
    redeem_body: bocOf(redeemBody(voucher, signature)),
  }
}

function stateVector(name, data) {
  const state = readChannel(data)
  return {
    name,
    epoch: state.epoch,
    status: state.status,
    closes_at: state.closesAt,
    deposit_nano: String(state.deposit),
    paid_nano: String(state.paid),
    payer_key: hex(state.payerKey),
    payee: accountOf(state.payee),
    payer: accountOf(state.payer),
    payee_key: hex(state.payeeKey),
    close_delay: state.closeDelay,
    salt: String(state.salt),
    data: bocOf(data),
    data_hash: hex(data.hash()),
  }
}

/** Data with other figures at its beginning: epoch, status, closesAt, deposit, paid. */
function withFigures(fresh, epoch, status, closesAt, deposit, paid) {
  const rest = fresh.beginParse()
  rest.skip(32 + 8 + 32 + 120 + 120)
  return beginCell()
    .storeUint(epoch, 32)
    .storeUint(status, 8)
    .storeUint(closesAt, 32)
    .storeUint(deposit, 120)
    .storeUint(paid, 120)
    .storeSlice(rest)
    .endCell()
}

function channelVectors() {
  const terms = {
    payer: new Address(0, filled(0x0a)),
    payee: new Address(0, filled(0x0b)),
    payerKey: keys.payer.publicKey,
    payeeKey: keys.payee.publicKey,
    closeDelay: 86_400,
    salt: 7n,
  }
  const fresh = freshChannelData(terms)
  const channel = channelAddress(terms)
  const epoch = 1_800_000_000
  const voucher = { network: -239, channel, epoch, seq: 1n, cumulative: 1_500_000_000n, context: filled(0x0c) }
  const agreed = { network: -239, channel, epoch, finalAmount: 1_500_000_000n }
  const agreedCell = finalAmountCell(agreed)
  const signatures = [signCell(agreedCell, keys.payer.secretKey), signCell(agreedCell, keys.payee.secretKey)]
  return {
    code_hash: readPin('channel').hash,
    payer_seed: hex(seeds.payer),
    payer_key: hex(keys.payer.publicKey),
    payee_seed: hex(seeds.payee),
    payee_key: hex(keys.payee.publicKey),
    address: accountOf(channel),
    vouchers: [
      voucher,
      { ...voucher, network: -777, seq: 2n },
      { ...voucher, channel: new Address(-1, filled(0xfe)), seq: 3n },
      { ...voucher, epoch: 0xffff_ffff, seq: 0xffff_ffff_ffff_ffffn, cumulative: (1n << 120n) - 1n, context: filled(0xff) },
      { ...voucher, epoch: 0, seq: 0n, cumulative: 0n, context: filled(0) },
    ].map(voucherVector),
    final_amounts: [
      {
        network: agreed.network,
        channel: accountOf(channel),
        epoch,
        final_nano: String(agreed.finalAmount),
        bytes: bitsOf(agreedCell),
        cell_hash: hex(agreedCell.hash()),
        payer_signature: hex(signatures[0]),
        payee_signature: hex(signatures[1]),
        coop_close_body: bocOf(coopCloseBody(agreed.finalAmount, ...signatures)),
      },
    ],
    start_close_body: bocOf(startCloseBody()),
    finish_body: bocOf(finishBody()),
    states: [
      stateVector('fresh', fresh),
      stateVector('open', withFigures(fresh, epoch, 1, 0, 2_000_000_000n, 500_000_000n)),
      stateVector('closing', withFigures(fresh, epoch, 2, epoch + 86_400, 2_000_000_000n, 500_000_000n)),
      stateVector('closed', withFigures(fresh, epoch, 3, epoch + 86_400, 700_000_000n, 700_000_000n)),
    ],
  }
}

const text = (account) => (account === null ? null : accountOf(account))

const wide = (byte) => Buffer.alloc(48, byte)

const imageOfVectors = {
  name: 'worker-1', mrtd: wide(1), rtmr1: wide(2), rtmr2: wide(3),
  shapes: [
    { name: 'small', rtmr0: wide(4), xfam: Buffer.from('e702060000000000', 'hex') },
    { name: 'large', rtmr0: wide(5), xfam: Buffer.from('e702060000000000', 'hex'), gpus: { count: 8, model: 'GH100' } },
  ],
}

const snpImageOfVectors = {
  name: 'guest-1',
  shapes: [{ name: 'one', measurement: wide(6) }, { name: 'two', measurement: wide(7), gpus: { count: 1, model: 'GH100' } }],
}

const rootsOfVectors = [
  { vendor: 'intel', key: filled(0x32), name: 'Intel SGX Root CA' },
  { vendor: 'nvidia', key: filled(0x33), name: 'NVIDIA Device Identity CA' },
  { vendor: 'amd', key: filled(0x34), name: 'ARK-Turin' },
]

const termsOfVectors = {
  exception: { status: 'OutOfDate', advisories: ['INTEL-SA-00960'], until: 1_830_000_000 },
  trustedBlock: { seqno: 59_379_986, rootHash: filled(0x35), fileHash: filled(0x36) },
  goldenKey: filled(0x37),
  gpuDriver: '550.90.07',
  gpuVbios: '96.00.5E.00.01',
  snpFloor: { product: snpProduct.turin, fmc: 1, bootloader: 2, tee: 3, snp: 4, microcode: 72 },
}

// Buffers as hexadecimal, names as C++ writes them in its tests.
const plain = (value) => {
  if (Buffer.isBuffer(value)) return hex(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), plain(each)]))
}

function registryOfVectors() {
  const account = (byte) => new Address(0, filled(byte))
  const registry = emptyRegistry(account(1), account(2), {
    keyEpoch: 3600, keyGrace: 600, statementAgeMax: 4200, statementBlockInterval: 256, evaluationNumberMin: 17, anchorInterval: 3600,
    additionDelay: 172_800, unstakeDelay: 1_209_600, priceFloor: 5n, stakeMin: 100_000_000_000n,
  })
  const platform = Buffer.alloc(16, 0x77)
  for (const image of [imageCell(imageOfVectors), snpImageCell(snpImageOfVectors)]) registry.lists.images.set(image.hash(), image)
  registry.lists.models.set(filled(0x31), nameCell('SmolLM2-135M-Instruct'))
  registry.lists.models.set(filled(0xb2), nameCell('another-model'))
  for (const { key, name, vendor: of } of rootsOfVectors) registry.lists.roots.set(key, rootCell(vendor[of], name))
  for (const [name, content] of Object.entries(termsOfVectors)) {
    const cell = term[name](content)
    registry.lists.terms.set(cell.hash(), cell)
  }
  registry.platformBans.set(createHash('sha256').update(platform).digest(), platformCell(platform))
  const details = { logKey: filled(0x41), anchor: account(0x42), endpoints: 'proxy.example:443 192.0.2.1:11000' }
  registry.proxies.set(keys.payer.publicKey, {
    owner: account(0x43), stake: 100_000_000_000n, registeredAt: 1_800_000_000, details,
  })
  registry.departed.set(filled(0x51), { owner: account(0x52), stake: 7n, unlocksAt: 1_801_209_600, banned: false })
  registry.departed.set(filled(0x53), { owner: null, stake: 0n, unlocksAt: 0, banned: true })
  registry.proxyCount = 1
  registry.stakes = 100_000_000_007n
  registry.nextId = 4n
  registry.pending.set(3n, {
    appliesAt: 1_800_172_800, change: change.addEntry(listKind.models, filled(0x61), nameCell('pending-model')),
  })
  return registry
}

function registryVectors() {
  const registry = registryOfVectors()
  const data = registryData(registry)
  const [[proxyKey, proxy]] = registry.proxies
  const address = new Address(0, filled(0x71))
  const details = proxyDetailsCell(proxy.details)
  const registration = registrationCell({ network: -239, registry: address, owner: proxy.owner, details })
  const signature = signCell(registration, keys.payer.secretKey)
  const { priceFloor, stakeMin, ...small } = registry.parameters
  return {
    code_hash: readPin('registry').hash,
    data: bocOf(data),
    data_hash: hex(data.hash()),
    parameters: { ...small, priceFloor: String(priceFloor), stakeMin: String(stakeMin) },
    images: [{ key: hex(imageCell(imageOfVectors).hash()), ...plain(imageOfVectors) }],
    snp_images: [{ key: hex(snpImageCell(snpImageOfVectors).hash()), ...plain(snpImageOfVectors) }],
    models: [...registry.lists.models].map(([key, cell]) => ({ key: hex(key), name: readName(cell) })),
    roots: rootsOfVectors.map(plain),
    terms: Object.entries(termsOfVectors).map(([name, content]) => ({
      key: hex(term[name](content).hash()), kind: Object.keys(plain({ [name]: 0 }))[0], content: plain(content),
    })),
    banned_platforms: [...registry.platformBans.keys()].map((key) => ({ key: hex(key), id: hex(Buffer.alloc(16, 0x77)) })),
    proxies: [{
      key: hex(proxyKey), owner: accountOf(proxy.owner), stake_nano: String(proxy.stake), registered_at: proxy.registeredAt,
      log_key: hex(proxy.details.logKey), anchor: text(proxy.details.anchor), endpoints: proxy.details.endpoints,
    }],
    departed: [...registry.departed].map(([key, record]) => ({
      key: hex(key), owner: text(record.owner), stake_nano: String(record.stake), unlocks_at: record.unlocksAt, banned: record.banned,
    })),
    proxy_count: registry.proxyCount,
    stakes_nano: String(registry.stakes),
    owner: accountOf(registry.owner),
    guardian: accountOf(registry.guardian),
    next_id: String(registry.nextId),
    pending: [...registry.pending].map(([id, { appliesAt, change: what }]) => ({
      id: String(id), applies_at: appliesAt, change: bocOf(what), adds_model: 'pending-model',
    })),
    registration: {
      network: -239, registry: accountOf(address), owner: accountOf(proxy.owner), details_hash: hex(details.hash()),
      bytes: bitsOf(registration), cell_hash: hex(registration.hash()), proxy_seed: hex(seeds.payer), signature: hex(signature),
      body: bocOf(message.register(proxyKey, signature, details)),
    },
  }
}

function anchorVectors() {
  const log = { origin: 'log.example/one', logKey: keys.payer.publicKey }
  const trees = [[0, 5], [5, 8], [8, 9], [9, 700]].map(([first, second]) => {
    const leaves = leavesOf(second)
    const root = treeRoot(leaves)
    const proof = consistencyProof(first, leaves)
    const signature = signCheckpoint(log.origin, second, root, keys.payer.secretKey)
    const data = anchorData(log, { size: BigInt(second), root, anchoredAt: 1_800_000_000 })
    return {
      old_size: first, size: second, old_root: hex(treeRoot(leaves.slice(0, first))), root: hex(root), proof: proof.map(hex),
      checkpoint: checkpointText(log.origin, second, root).toString('utf8'), signature: hex(signature),
      body: bocOf(updateBody({ size: BigInt(second), root, signature, proof: proofCell(proof) })),
      anchored_at: 1_800_000_000, data_after: bocOf(data), data_after_hash: hex(data.hash()),
    }
  })
  return {
    code_hash: readPin('anchor').hash, origin: log.origin, log_seed: hex(seeds.payer), log_key: hex(log.logKey),
    fresh_data: bocOf(anchorData(log)), address: accountOf(anchorAddress(log)), updates: trees,
  }
}

const makers = { channel: channelVectors, registry: registryVectors, anchor: anchorVectors }

export const vectorNames = Object.keys(makers)

/** The text of tests/data/formats/NAME.json. */
export const vectorText = (name) => `${JSON.stringify(makers[name](), null, 2)}\n`
