// HTTP servers that speak JSON on loopback: bodies bounded, hosts checked, every failure an answer.
import { createServer } from 'node:http';

const BODY_BYTES_MAX = 1 << 20;
const CONNECTIONS_MAX = 256;
const HEADERS_MS_MAX = 10_000;
const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Becomes an answer with this status. */
export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {(request: { method: string, path: string, query: Record<string, string>, body: any, isJson: boolean }) =>
 *   Promise<{ status?: number, body: any }>} handle throws HttpError for what is wrong with a request
 * @param {{ errorBody: (status: number, message: string) => any, headers?: Record<string, string> }} form
 */
export function jsonServer(handle, { errorBody, headers = {} }) {
  const server = createServer(
    { headersTimeout: HEADERS_MS_MAX, requestTimeout: HEADERS_MS_MAX },
    async (request, response) => {
      const { status, body } = await answer(request, handle).catch((error) => {
        const failed = error instanceof HttpError ? error.status : 500;
        return { status: failed, body: errorBody(failed, error.message) };
      });
      response.writeHead(status ?? 200, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  return {
    /** @returns {Promise<number>} the port */
    listen: (port = 0) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', () => resolve(server.address().port));
      }),
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request, handle) {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  if (!LOCAL_HOSTS.has(host)) throw new HttpError(403, 'this server is for this machine');
  const url = new URL(request.url, 'http://127.0.0.1');
  const text = await readBody(request);
  const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
  let body;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch {
    throw new HttpError(422, 'the body is not JSON');
  }
  if (body === null || typeof body !== 'object') throw new HttpError(422, 'the body is no object');
  return handle({
    method: request.method,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body,
    isJson,
  });
}

async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_BYTES_MAX) throw new HttpError(413, 'the body is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
