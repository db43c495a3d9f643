// The channel's layouts: docs/formats/channel.md.

import { beginCell, contractAddress } from '@ton/core'
import { sign } from '@ton/crypto'

import { pinnedCode } from './compile.js'

export const channelStatus = { fresh: 0, open: 1, closing: 2, closed: 3 }

const opcode = { redeem: 0x43435244, startClose: 0x43435343, finish: 0x43434649, coopClose: 0x43434343 }
const tag = { voucher: 0x43435631, finalAmount: 0x43434631 }

/**
 * Data of a channel that waits for its first top-up.
 * terms: {payer, payee: Address; payerKey, payeeKey: Buffer of 32; closeDelay: seconds; salt: bigint}
 */
export function freshChannelData(terms) {
  return beginCell()
    .storeUint(0, 32)
    .storeUint(channelStatus.fresh, 8)
    .storeUint(0, 32)
    .storeUint(0, 120)
    .storeUint(0, 120)
    .storeBuffer(terms.payerKey, 32)
    .storeAddress(terms.payee)
    .storeRef(
      beginCell()
        .storeAddress(terms.payer)
        .storeBuffer(terms.payeeKey, 32)
        .storeUint(terms.closeDelay, 32)
        .storeUint(terms.salt, 64),
    )
    .endCell()
}

export const channelInit = (terms) => ({ code: pinnedCode('channel'), data: freshChannelData(terms) })

export const channelAddress = (terms, workchain = 0) => contractAddress(workchain, channelInit(terms))

export function readChannel(data) {
  const root = data.beginParse()
  const state = {
    epoch: root.loadUint(32),
    status: root.loadUint(8),
    closesAt: root.loadUint(32),
    deposit: root.loadUintBig(120),
    paid: root.loadUintBig(120),
    payerKey: root.loadBuffer(32),
    payee: root.loadAddress(),
  }
  const terms = root.loadRef().beginParse()
  root.endParse()
  Object.assign(state, {
    payer: terms.loadAddress(),
    payeeKey: terms.loadBuffer(32),
    closeDelay: terms.loadUint(32),
    salt: terms.loadUintBig(64),
  })
  terms.endParse()
  return state
}

const bound = (builder, network, channel, epoch) =>
  builder.storeInt(network, 32).storeInt(channel.workChain, 8).storeBuffer(channel.hash, 32).storeUint(epoch, 32)

/** voucher: {network, channel: Address, epoch, seq, cumulative: bigint, context: Buffer of 32} */
export const voucherCell = (voucher) =>
  bound(beginCell().storeUint(tag.voucher, 32), voucher.network, voucher.channel, voucher.epoch)
    .storeUint(voucher.seq, 64)
    .storeUint(voucher.cumulative, 120)
    .storeBuffer(voucher.context, 32)
    .endCell()

/** agreed: {network, channel: Address, epoch, finalAmount: bigint} */
export const finalAmountCell = (agreed) =>
  bound(beginCell().storeUint(tag.finalAmount, 32), agreed.network, agreed.channel, agreed.epoch)
    .storeUint(agreed.finalAmount, 120)
    .endCell()

export const signCell = (cell, secretKey) => sign(cell.hash(), secretKey)

export const redeemBody = (voucher, signature) =>
  beginCell()
    .storeUint(opcode.redeem, 32)
    .storeBuffer(signature, 64)
    .storeUint(voucher.seq, 64)
    .storeUint(voucher.cumulative, 120)
    .storeBuffer(voucher.context, 32)
    .endCell()

export const startCloseBody = () => beginCell().storeUint(opcode.startClose, 32).endCell()

export const finishBody = () => beginCell().storeUint(opcode.finish, 32).endCell()

export const coopCloseBody = (finalAmount, payerSignature, payeeSignature) =>
  beginCell()
    .storeUint(opcode.coopClose, 32)
    .storeUint(finalAmount, 120)
    .storeBuffer(payerSignature, 64)
    .storeRef(beginCell().storeBuffer(payeeSignature, 64))
    .endCell()
