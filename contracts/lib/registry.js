// The registry's layouts: docs/formats/registry.md.

import { Dictionary, beginCell, contractAddress } from '@ton/core'

import { pinnedCode } from './compile.js'

export const listKind = { images: 0, models: 1, roots: 2, terms: 3 }

const opcode = {
  propose: 0x43435052, apply: 0x43434150, cancel: 0x43434341, removeEntry: 0x4343524d, banPlatform: 0x43434250, banProxy: 0x43434258,
  raiseFloor: 0x43435246, register: 0x43435247, updateProxy: 0x43435550, leave: 0x43434c56, withdraw: 0x43435744,
}
const registrationTag = 0x43435058

const text = (builder, value) => {
  const bytes = Buffer.from(value, 'utf8')
  return builder.storeUint(bytes.length, 8).storeBuffer(bytes)
}
const textCell = (value) => text(beginCell(), value).endCell()
const loadText = (slice) => slice.loadBuffer(slice.loadUint(8)).toString('utf8')

const small = [
  'keyEpoch', 'keyGrace', 'statementAgeMax', 'statementBlockInterval', 'evaluationNumberMin', 'anchorInterval', 'additionDelay',
  'unstakeDelay',
]

function storeParameters(builder, parameters) {
  for (const name of small) builder.storeUint(parameters[name], 32)
  return builder.storeUint(parameters.priceFloor, 120).storeUint(parameters.stakeMin, 120)
}

function loadParameters(slice) {
  const parameters = {}
  for (const name of small) parameters[name] = slice.loadUint(32)
  return { ...parameters, priceFloor: slice.loadUintBig(120), stakeMin: slice.loadUintBig(120) }
}

export const parametersCell = (parameters) => storeParameters(beginCell(), parameters).endCell()

/** details: {logKey: Buffer of 32; anchor: Address or null; endpoints: text} */
export const proxyDetailsCell = ({ logKey, anchor, endpoints }) =>
  beginCell()
    .storeBuffer(logKey, 32)
    .storeAddress(anchor)
    .storeRef(beginCell().storeBuffer(Buffer.from(endpoints, 'utf8')))
    .endCell()

function loadProxyDetails(slice) {
  const logKey = slice.loadBuffer(32)
  const anchor = slice.loadMaybeAddress()
  const endpoints = slice.loadRef().beginParse()
  slice.endParse()
  return { logKey, anchor, endpoints: endpoints.loadBuffer(endpoints.remainingBits / 8).toString('utf8') }
}

const proxyValue = {
  serialize: (proxy, builder) =>
    builder
      .storeAddress(proxy.owner)
      .storeUint(proxy.stake, 120)
      .storeUint(proxy.registeredAt, 32)
      .storeRef(proxyDetailsCell(proxy.details)),
  parse: (slice) => ({
    owner: slice.loadAddress(),
    stake: slice.loadUintBig(120),
    registeredAt: slice.loadUint(32),
    details: loadProxyDetails(slice.loadRef().beginParse()),
  }),
}

const departedValue = {
  serialize: (record, builder) =>
    builder.storeAddress(record.owner).storeUint(record.stake, 120).storeUint(record.unlocksAt, 32).storeBit(record.banned),
  parse: (slice) => ({
    owner: slice.loadMaybeAddress(),
    stake: slice.loadUintBig(120),
    unlocksAt: slice.loadUint(32),
    banned: slice.loadBit(),
  }),
}

const pendingValue = {
  serialize: (pending, builder) => builder.storeUint(pending.appliesAt, 32).storeRef(pending.change),
  parse: (slice) => ({ appliesAt: slice.loadUint(32), change: slice.loadRef() }),
}

const byHash = (value) => Dictionary.empty(Dictionary.Keys.Buffer(32), value)

/** A registry in which nothing is listed yet. */
export const emptyRegistry = (owner, guardian, parameters) => ({
  parameters,
  lists: Object.fromEntries(Object.keys(listKind).map((name) => [name, byHash(Dictionary.Values.Cell())])),
  proxies: byHash(proxyValue),
  departed: byHash(departedValue),
  proxyCount: 0,
  stakes: 0n,
  platformBans: byHash(Dictionary.Values.Cell()),
  owner,
  guardian,
  nextId: 0n,
  pending: Dictionary.empty(Dictionary.Keys.BigUint(64), pendingValue),
})

export function registryData(registry) {
  const lists = beginCell()
  for (const name of Object.keys(listKind)) lists.storeDict(registry.lists[name])
  return storeParameters(beginCell(), registry.parameters)
    .storeRef(lists)
    .storeRef(
      beginCell()
        .storeDict(registry.proxies)
        .storeDict(registry.departed)
        .storeUint(registry.proxyCount, 16)
        .storeUint(registry.stakes, 120),
    )
    .storeDict(registry.platformBans)
    .storeRef(
      beginCell()
        .storeAddress(registry.owner)
        .storeAddress(registry.guardian)
        .storeUint(registry.nextId, 64)
        .storeDict(registry.pending),
    )
    .endCell()
}

export function readRegistry(data) {
  const root = data.beginParse()
  const registry = emptyRegistry(null, null, loadParameters(root))
  const lists = root.loadRef().beginParse()
  for (const name of Object.keys(listKind)) {
    registry.lists[name] = lists.loadDict(Dictionary.Keys.Buffer(32), Dictionary.Values.Cell())
  }
  lists.endParse()
  const members = root.loadRef().beginParse()
  registry.proxies = members.loadDict(Dictionary.Keys.Buffer(32), proxyValue)
  registry.departed = members.loadDict(Dictionary.Keys.Buffer(32), departedValue)
  registry.proxyCount = members.loadUint(16)
  registry.stakes = members.loadUintBig(120)
  members.endParse()
  registry.platformBans = root.loadDict(Dictionary.Keys.Buffer(32), Dictionary.Values.Cell())
  const governance = root.loadRef().beginParse()
  root.endParse()
  registry.owner = governance.loadAddress()
  registry.guardian = governance.loadAddress()
  registry.nextId = governance.loadUintBig(64)
  registry.pending = governance.loadDict(Dictionary.Keys.BigUint(64), pendingValue)
  governance.endParse()
  return registry
}

export const registryInit = (registry) => ({ code: pinnedCode('registry'), data: registryData(registry) })

export const registryAddress = (registry, workchain = 0) => contractAddress(workchain, registryInit(registry))

const list = (cells) => {
  const map = Dictionary.empty(Dictionary.Keys.Uint(8), Dictionary.Values.Cell())
  cells.forEach((cell, index) => map.set(index, cell))
  return map
}

// gpus: {count, model}, or nothing
const storeGpus = (builder, gpus) =>
  builder.storeMaybeRef(gpus ? text(beginCell().storeUint(gpus.count, 8), gpus.model).endCell() : null)

/** image: {name, mrtd, rtmr1, rtmr2: Buffer of 48; shapes: [{name, rtmr0: Buffer of 48, xfam: Buffer of 8, gpus}]} */
export function imageCell({ name, mrtd, rtmr1, rtmr2, shapes }) {
  const shape = ({ name: of, rtmr0, xfam, gpus }) =>
    storeGpus(text(beginCell().storeBuffer(rtmr0, 48).storeBuffer(xfam, 8), of), gpus).endCell()
  return beginCell()
    .storeUint(1, 8)
    .storeBuffer(mrtd, 48)
    .storeBuffer(rtmr1, 48)
    .storeDict(list(shapes.map(shape)))
    .storeRef(text(beginCell().storeBuffer(rtmr2, 48), name))
    .endCell()
}

/** image: {name; shapes: [{name, measurement: Buffer of 48, gpus}]} */
export function snpImageCell({ name, shapes }) {
  const shape = ({ name: of, measurement, gpus }) =>
    storeGpus(text(beginCell().storeBuffer(measurement, 48), of), gpus).endCell()
  return text(beginCell().storeUint(2, 8), name).storeDict(list(shapes.map(shape))).endCell()
}

/** The entry of a model: its name. */
export const nameCell = textCell

export const readName = (cell) => loadText(cell.beginParse())

export const vendor = { intel: 1, amd: 2, nvidia: 3 }

/** The entry of a root certificate: for whose evidence it counts, and its name. */
export const rootCell = (of, name) => text(beginCell().storeUint(of, 8), name).endCell()

export const snpProduct = { genoa: 2, turin: 3 }

export const term = {
  /** until: seconds */
  exception: ({ status, advisories, until }) =>
    text(beginCell().storeUint(1, 8).storeUint(until, 32).storeDict(list(advisories.map(textCell))), status).endCell(),
  trustedBlock: ({ seqno, rootHash, fileHash }) =>
    beginCell().storeUint(2, 8).storeUint(seqno, 32).storeBuffer(rootHash, 32).storeBuffer(fileHash, 32).endCell(),
  goldenKey: (key) => beginCell().storeUint(3, 8).storeBuffer(key, 32).endCell(),
  gpuDriver: (version) => text(beginCell().storeUint(4, 8), version).endCell(),
  gpuVbios: (version) => text(beginCell().storeUint(5, 8), version).endCell(),
  snpFloor: ({ product, fmc, bootloader, tee, snp, microcode }) =>
    [6, product, fmc, bootloader, tee, snp, microcode].reduce((cell, byte) => cell.storeUint(byte, 8), beginCell()).endCell(),
}

/** A banned platform: PPID, CHIP_ID or GPU id, at most 64 bytes. Its key is the SHA-256 of these bytes. */
export const platformCell = (id) => beginCell().storeUint(id.length, 8).storeBuffer(id).endCell()

export const change = {
  addEntry: (kind, key, entry) => beginCell().storeUint(1, 8).storeUint(kind, 8).storeBuffer(key, 32).storeRef(entry).endCell(),
  unbanPlatform: (key) => beginCell().storeUint(2, 8).storeBuffer(key, 32).endCell(),
  unbanProxy: (key) => beginCell().storeUint(3, 8).storeBuffer(key, 32).endCell(),
  setParameters: (parameters) => beginCell().storeUint(4, 8).storeRef(parametersCell(parameters)).endCell(),
  setOwner: (owner) => beginCell().storeUint(5, 8).storeAddress(owner).endCell(),
  setGuardian: (guardian) => beginCell().storeUint(6, 8).storeAddress(guardian).endCell(),
  setFloor: (evaluationNumberMin) => beginCell().storeUint(7, 8).storeUint(evaluationNumberMin, 32).endCell(),
}

/** What a proxy's key signs to register; registry, owner: Address. */
export const registrationCell = ({ network, registry, owner, details }) =>
  beginCell()
    .storeUint(registrationTag, 32)
    .storeInt(network, 32)
    .storeInt(registry.workChain, 8)
    .storeBuffer(registry.hash, 32)
    .storeInt(owner.workChain, 8)
    .storeBuffer(owner.hash, 32)
    .storeBuffer(details.hash(), 32)
    .endCell()

const start = (name) => beginCell().storeUint(opcode[name], 32)

export const message = {
  propose: (what) => start('propose').storeRef(what).endCell(),
  apply: (id) => start('apply').storeUint(id, 64).endCell(),
  cancel: (id) => start('cancel').storeUint(id, 64).endCell(),
  removeEntry: (kind, key) => start('removeEntry').storeUint(kind, 8).storeBuffer(key, 32).endCell(),
  banPlatform: (key, platform) => start('banPlatform').storeBuffer(key, 32).storeRef(platform).endCell(),
  banProxy: (key) => start('banProxy').storeBuffer(key, 32).endCell(),
  raiseFloor: (evaluationNumberMin) => start('raiseFloor').storeUint(evaluationNumberMin, 32).endCell(),
  register: (key, signature, details) =>
    start('register').storeBuffer(key, 32).storeBuffer(signature, 64).storeRef(details).endCell(),
  updateProxy: (key, details) => start('updateProxy').storeBuffer(key, 32).storeRef(details).endCell(),
  leave: (key) => start('leave').storeBuffer(key, 32).endCell(),
  withdraw: (key) => start('withdraw').storeBuffer(key, 32).endCell(),
}
