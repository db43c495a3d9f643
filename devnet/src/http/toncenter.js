// The HTTP API of toncenter, version 2: /api/v2/METHOD by GET or POST, and /api/v2/jsonRPC.
import { MessageError } from '../chain/messages.js';
import { HttpError, jsonServer } from './json_server.js';
import { ACCOUNT_METHODS } from './methods_accounts.js';
import { BLOCK_METHODS } from './methods_blocks.js';
import { RUN_METHODS } from './methods_run.js';

const METHODS = { ...ACCOUNT_METHODS, ...BLOCK_METHODS, ...RUN_METHODS };
const PREFIX = '/api/v2/';

/** @param {import('../network.js').Network} network */
export function toncenterServer(network) {
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'content-type, x-api-key, x-ton-client-version',
  };
  return jsonServer((request) => route(network, request), { errorBody, headers });
}

function errorBody(status, message) {
  return { ok: false, error: message, code: status };
}

async function route(network, { method, path, query, body }) {
  if (method === 'OPTIONS') return { status: 204, body: {} };
  if (!path.startsWith(PREFIX)) throw new HttpError(404, `the API is below ${PREFIX}`);
  const name = path.slice(PREFIX.length);
  if (name !== 'jsonRPC')
    return { body: { ok: true, result: await call(network, name, { ...query, ...body }) } };
  try {
    const result = await call(network, body.method, body.params ?? {});
    return { body: { ok: true, result, jsonrpc: '2.0', id: body.id ?? null } };
  } catch (error) {
    const status = error instanceof HttpError ? error.status : 500;
    return { status, body: { ...errorBody(status, error.message), jsonrpc: '2.0', id: body.id ?? null } };
  }
}

async function call(network, name, params) {
  if (!Object.hasOwn(METHODS, name)) throw new HttpError(404, `no method ${name}`);
  try {
    return await METHODS[name](network, params);
  } catch (error) {
    if (error instanceof MessageError) throw new HttpError(500, `LITE_SERVER_UNKNOWN: ${error.message}`);
    throw error;
  }
}
