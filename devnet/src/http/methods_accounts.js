// What the API says of accounts and their transactions.
import { loadTransaction, Cell } from '@ton/core';
import { cellToBoc } from '../cells/boc.js';
import { NO_ACCOUNT, readAccount } from '../chain/account.js';
import { addressParam, bigParam, hashParam, integerParam } from './params.js';
import { blockJson, transactionJson } from './shapes.js';
import { HttpError } from './json_server.js';

const TRANSACTIONS_MAX = 1_000;
const STATES = { active: 'active', uninit: 'uninitialized', frozen: 'frozen' };

function look(network, params) {
  const address = addressParam(params);
  const state = network.account(address.workChain, address.hash) ?? NO_ACCOUNT;
  return { address, state, account: readAccount(state.account) };
}

function information(network, params) {
  const { state, account } = look(network, params);
  const init = account?.storage.state.type === 'active' ? account.storage.state.state : null;
  const frozen = account?.storage.state.type === 'frozen' ? account.storage.state.stateHash : null;
  const { head } = network.ledger;
  return {
    '@type': 'raw.fullAccountState',
    balance: String(account?.storage.balance.coins ?? 0n),
    extra_currencies: [],
    code: init?.code ? cellToBoc(init.code).toString('base64') : '',
    data: init?.data ? cellToBoc(init.data).toString('base64') : '',
    last_transaction_id: {
      '@type': 'internal.transactionId',
      lt: state.lastTransLt.toString(),
      hash: state.lastTransHash.toString('base64'),
    },
    block_id: blockJson(head.id),
    frozen_hash: frozen === null ? '' : frozen.toString(16),
    sync_utime: head.genUtime,
    '@extra': '',
    state: STATES[account?.storage.state.type ?? 'uninit'],
  };
}

function walletInformation(network, params) {
  const facts = information(network, params);
  const isWallet = facts.state === 'active';
  const seqno = isWallet ? Cell.fromBase64(facts.data).beginParse() : null;
  return {
    wallet: isWallet,
    balance: facts.balance,
    account_state: facts.state,
    last_transaction_id: facts.last_transaction_id,
    ...(seqno && seqno.remainingBits >= 32 ? { seqno: seqno.loadUint(32) } : {}),
  };
}

function transactions(network, params) {
  const { address, state } = look(network, params);
  const limit = integerParam(params, 'limit', { fallback: 10, min: 1, max: TRANSACTIONS_MAX });
  const hasStart = params.lt !== undefined && params.lt !== null;
  const start = hasStart ? bigParam(params, 'lt') : state.lastTransLt;
  const found = network.history.transactions(address.workChain, address.hash, start, limit);
  if (hasStart && params.hash && found[0] && !found[0].hash.equals(hashParam(params, 'hash'))) {
    throw new HttpError(
      500,
      'LITE_SERVER_UNKNOWN: cannot locate transaction in block with specified logical time',
    );
  }
  const end = params.to_lt ? bigParam(params, 'to_lt') : 0n;
  return found.filter(({ lt }) => lt > end).map((stored) => transactionJson(address, stored));
}

// The transaction of an account that satisfies `wanted`, among those kept.
function locate(network, params, name, wanted) {
  const address = addressParam(params, name);
  const state = network.account(address.workChain, address.hash) ?? NO_ACCOUNT;
  const kept = network.history.transactions(
    address.workChain,
    address.hash,
    state.lastTransLt,
    TRANSACTIONS_MAX,
  );
  const found = kept.find(({ boc }) => wanted(loadTransaction(Cell.fromBoc(boc)[0].beginParse())));
  if (!found) throw new HttpError(500, 'LITE_SERVER_UNKNOWN: transaction was not found');
  return transactionJson(address, found);
}

function isMessage(message, params) {
  return message?.info.type === 'internal' && message.info.createdLt === bigParam(params, 'created_lt');
}

function resultOf(network, params) {
  const source = addressParam(params, 'source');
  return locate(
    network,
    params,
    'destination',
    ({ inMessage }) => isMessage(inMessage, params) && inMessage.info.src.equals(source),
  );
}

function sourceOf(network, params) {
  const destination = addressParam(params, 'destination');
  const sent = ({ outMessages }) =>
    outMessages.values().some((message) => isMessage(message, params) && message.info.dest.equals(destination));
  return locate(network, params, 'source', sent);
}

export const ACCOUNT_METHODS = {
  getAddressInformation: information,
  getWalletInformation: walletInformation,
  getAddressBalance: (network, params) => information(network, params).balance,
  getAddressState: (network, params) => information(network, params).state,
  getTransactions: transactions,
  tryLocateTx: resultOf,
  tryLocateResultTx: resultOf,
  tryLocateSourceTx: sourceOf,
  packAddress: (_network, params) => addressParam(params).toString(),
  unpackAddress: (_network, params) => addressParam(params).toRawString(),
  detectAddress: (_network, params) => {
    const address = addressParam(params);
    const forms = (bounceable) => ({
      b64: address.toString({ urlSafe: false, bounceable }),
      b64url: address.toString({ bounceable }),
    });
    return {
      raw_form: address.toRawString(),
      bounceable: forms(true),
      non_bounceable: forms(false),
      given_type: 'friendly_bounceable',
      test_only: false,
    };
  },
};
