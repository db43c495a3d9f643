// What the API runs: get-methods, messages, fee estimates.
import { beginCell, Cell, external, getMethodId, loadTransaction, parseTuple, storeMessage } from '@ton/core';
import { readAccount } from '../chain/account.js';
import { MessageError, queued } from '../chain/messages.js';
import { HttpError } from './json_server.js';
import { addressParam, bytesParam, cellParam } from './params.js';
import { blockJson, stackFromJson, stackToJson } from './shapes.js';

const NO_CODE_EXIT = -13;

async function runGetMethod(network, params) {
  const address = addressParam(params);
  const head = network.headOf(address.workChain);
  const state = network.account(address.workChain, address.hash);
  const account = state && readAccount(state.account);
  const common = { '@type': 'smc.runResult', block_id: blockJson(network.ledger.head.id) };
  if (account?.storage.state.type !== 'active')
    return { ...common, gas_used: 0, stack: [], exit_code: NO_CODE_EXIT };
  const { code, data } = account.storage.state.state;
  const result = await network.executor.get({
    code: code ?? Cell.EMPTY,
    data: data ?? Cell.EMPTY,
    address,
    balance: account.storage.balance.coins,
    methodId: methodIdOf(params.method),
    stack: stackFromJson(params.stack ?? []),
    now: Math.max(network.clock.seconds, head.genUtime),
    config: network.ledger.config,
    randomSeed: head.id.rootHash,
  });
  return {
    ...common,
    gas_used: Number(result.gasUsed),
    stack: stackToJson(parseTuple(result.stack)),
    exit_code: result.exitCode,
  };
}

function methodIdOf(method) {
  if (Number.isInteger(method)) return method;
  if (typeof method !== 'string' || method === '') throw new HttpError(422, 'method is a name or a number');
  return /^-?\d+$/.test(method) ? Number(method) : getMethodId(method);
}

async function sendBoc(network, params) {
  await network.submit(bytesParam(params, 'boc'));
  return { '@type': 'ok' };
}

async function sendBocReturnHash(network, params) {
  const hash = await network.submit(bytesParam(params, 'boc'));
  return { '@type': 'raw.extMessageInfo', hash: hash.toString('base64') };
}

async function estimateFee(network, params) {
  const to = addressParam(params);
  const code = cellParam(params, 'init_code');
  const data = cellParam(params, 'init_data');
  const init = code || data ? { code: code ?? undefined, data: data ?? undefined } : undefined;
  const body = cellParam(params, 'body') ?? Cell.EMPTY;
  const message = queued(
    beginCell()
      .store(storeMessage(external({ to, body, init })))
      .endCell(),
  );
  const result = await network.tryOut(message, { ignoreSignatures: params.ignore_chksig !== false });
  if (!result.accepted) throw new MessageError(`${result.reason} (exit code ${result.exitCode})`);
  return {
    '@type': 'query.fees',
    source_fees: { '@type': 'fees', ...feesOf(result.transaction) },
    destination_fees: [],
  };
}

function feesOf(cell) {
  const { totalFees, description } = loadTransaction(cell.beginParse());
  const storage = description.storagePhase?.storageFeesCollected ?? 0n;
  const gas = description.computePhase?.gasFees ?? 0n;
  const action = description.actionPhase?.totalActionFees ?? 0n;
  return {
    in_fwd_fee: Number(totalFees.coins - storage - gas - action),
    storage_fee: Number(storage),
    gas_fee: Number(gas),
    fwd_fee: Number(description.actionPhase?.totalFwdFees ?? 0n),
  };
}

export const RUN_METHODS = { runGetMethod, sendBoc, sendBocReturnHash, estimateFee };
