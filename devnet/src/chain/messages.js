// Messages on their way: parsed once, then queued for the chain of their destination.
import { beginCell, Cell, loadMessage } from '@ton/core';
import { BASECHAIN, MASTERCHAIN } from './tlb.js';

/**
 * @typedef {{ cell: Cell, hash: Buffer, isExternal: boolean, workchain: number, account: Buffer, createdLt: bigint,
 *   value: bigint, forwardFee: bigint }} QueuedMessage
 */

/** Why bytes are no external message that this network takes. */
export class MessageError extends Error {}

/** @param {Buffer} boc @returns {QueuedMessage} @throws {MessageError} */
export function readExternalMessage(boc) {
  let message;
  try {
    message = queued(Cell.fromBoc(boc)[0]);
  } catch (error) {
    throw new MessageError(`not a message: ${error.message}`);
  }
  if (!message?.isExternal) throw new MessageError('not an external inbound message');
  if (message.workchain !== BASECHAIN && message.workchain !== MASTERCHAIN) {
    throw new MessageError(`no workchain ${message.workchain}`);
  }
  return message;
}

/** @returns {QueuedMessage | null} null for a message that leaves the chain */
export function queued(cell) {
  const { info } = loadMessage(cell.beginParse());
  if (info.type === 'external-out') return null;
  const isExternal = info.type === 'external-in';
  return {
    cell,
    hash: cell.hash(),
    isExternal,
    workchain: info.dest.workChain,
    account: info.dest.hash,
    createdLt: isExternal ? 0n : info.createdLt,
    value: isExternal ? 0n : info.value.coins,
    forwardFee: isExternal ? 0n : info.forwardFee,
  };
}

/** msg_envelope#4, delivered where it was made: interm_addr_regular$0 with the whole destination for both hops. */
function envelope(message) {
  const builder = beginCell().storeUint(4, 4);
  builder.storeBit(0).storeUint(96, 7).storeBit(0).storeUint(96, 7);
  return builder.storeCoins(message.forwardFee).storeRef(message.cell).endCell();
}

/** InMsg of a message that `transaction` took in, with what it brings. */
export function inMessage(message, transaction, madeHere) {
  if (message.isExternal) {
    const cell = beginCell().storeUint(0b000, 3).storeRef(message.cell).storeRef(transaction).endCell();
    return { cell, sums: { fees: 0n, value: 0n } };
  }
  const builder = beginCell().storeUint(madeHere ? 0b011 : 0b100, 3);
  const cell = builder
    .storeRef(envelope(message))
    .storeRef(transaction)
    .storeCoins(message.forwardFee)
    .endCell();
  const value = madeHere ? 0n : message.value + message.forwardFee;
  return { cell, sums: { fees: message.forwardFee, value } };
}

/** OutMsg of a message that `transaction` made: it leaves TON, was delivered in the same block, or waits. */
export function outMessage(cell, message, transaction, reimport) {
  const builder = beginCell();
  if (!message)
    return { cell: builder.storeUint(0b000, 3).storeRef(cell).storeRef(transaction).endCell(), exported: 0n };
  builder
    .storeUint(reimport ? 0b010 : 0b001, 3)
    .storeRef(envelope(message))
    .storeRef(transaction);
  if (reimport) return { cell: builder.storeRef(reimport).endCell(), exported: 0n };
  return { cell: builder.endCell(), exported: message.value + message.forwardFee };
}
