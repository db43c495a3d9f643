// Test vectors of docs/formats/, for encoders in other languages: tests/data/formats/NAME.json.

import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Address, beginCell } from '@ton/core'
import { keyPairFromSeed } from '@ton/crypto'

import {
  channelAddress, coopCloseBody, finalAmountCell, finishBody, freshChannelData, readChannel, redeemBody, signCell, startCloseBody,
  voucherCell,
} from './channel.js'
import { readPin } from './compile.js'

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

const makers = { channel: channelVectors }

export const vectorNames = Object.keys(makers)

/** The text of tests/data/formats/NAME.json. */
export const vectorText = (name) => `${JSON.stringify(makers[name](), null, 2)}\n`
