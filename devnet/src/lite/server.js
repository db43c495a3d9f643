// A lite-server: TCP connections, ADNL inside, queries and answers inside that.
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { MASTERCHAIN } from '../chain/tlb.js';
import { AdnlError, AdnlStream } from './adnl.js';
import { ACCOUNT_ANSWERS } from './answers_accounts.js';
import { BLOCK_ANSWERS } from './answers_blocks.js';
import { CHAIN_ANSWERS } from './answers_chain.js';
import { FAILURE, LiteError, PROTOCOL, TIMEOUT } from './lookup.js';
import { TL } from './scheme.js';
import { TlError } from './tl.js';

const ANSWERS = { ...BLOCK_ANSWERS, ...ACCOUNT_ANSWERS, ...CHAIN_ANSWERS };
const CONNECTIONS_MAX = 256;
const QUERIES_AT_ONCE_MAX = 64;
const WAIT_MS_MAX = 10_000;
const SLOW_MS = 1_000;

export class LiteServer {
  /**
   * @param {import('../network.js').Network} network
   * @param {import('../chain/signing.js').SigningKey} key
   * @param {import('../control/faults.js').FaultView} faults
   */
  constructor(network, key, faults) {
    this.network = network;
    this.key = key;
    this.faults = faults;
    this.sockets = new Set();
    this.server = createServer((socket) => this.#serve(socket));
    this.server.maxConnections = CONNECTIONS_MAX;
  }

  /** @returns {Promise<number>} the port */
  listen(port = 0) {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', () => resolve(this.server.address().port));
    });
  }

  close() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(resolve));
  }

  #serve(socket) {
    const stream = new AdnlStream(this.key);
    const connection = { socket, stream, underWay: 0 };
    this.sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => {
      try {
        for (const payload of stream.receive(data)) this.#take(connection, payload);
      } catch (error) {
        const isTheirs = error instanceof AdnlError || error instanceof TlError;
        if (!isTheirs) process.stderr.write(`lite-server: ${error.stack}\n`);
        socket.destroy();
      }
    });
  }

  // The handshake is confirmed by an empty frame.
  #take(connection, payload) {
    if (payload.length === 0) return this.#send(connection, payload);
    const message = TL.decode(payload);
    if (message._ === 'tcp.ping') return this.#send(connection, TL.encode({ ...message, _: 'tcp.pong' }));
    if (message._ !== 'adnl.message.query') throw new AdnlError(`no server takes ${message._}`);
    if (connection.underWay >= QUERIES_AT_ONCE_MAX) throw new AdnlError('too many queries at once');
    if (this.faults.get('disconnect')) return connection.socket.destroy();
    connection.underWay++;
    this.#answer(message.query).then((answer) => {
      connection.underWay--;
      this.#send(connection, TL.encode({ _: 'adnl.message.answer', query_id: message.query_id, answer }));
    });
    return undefined;
  }

  #send({ socket, stream }, payload) {
    if (!socket.destroyed) socket.write(stream.frame(payload));
  }

  // Never rejects: whatever goes wrong is an answer.
  async #answer(bytes) {
    try {
      const slow = this.faults.get('slow');
      if (slow) await sleep(slow.ms ?? SLOW_MS, undefined, { ref: false });
      return TL.encode(this.#spoil(await this.#ask(bytes)));
    } catch (error) {
      if (process.env.DEVNET_TRACE) console.error(error);
      const code = error instanceof LiteError ? error.code : error instanceof TlError ? PROTOCOL : FAILURE;
      return TL.encode({ _: 'liteServer.error', code, message: error.message });
    }
  }

  async #ask(bytes) {
    const { data } = TL.decode(bytes);
    if (!data) throw new LiteError(PROTOCOL, 'not a liteServer.query');
    const { value, rest } = TL.decodePrefix(data);
    if (value._ !== 'liteServer.waitMasterchainSeqno')
      return this.#run(rest.length > 0 ? TL.decode(data) : value);
    const isThere = await this.network.waitFor(
      value.seqno >>> 0,
      Math.min(Math.max(value.timeout_ms, 0), WAIT_MS_MAX),
    );
    if (!isThere) throw new LiteError(TIMEOUT, 'timeout');
    return this.#run(TL.decode(rest));
  }

  #run(query) {
    const answer = ANSWERS[query._];
    if (!answer) throw new LiteError(PROTOCOL, `${query._} is no query`);
    return answer({ network: this.network, head: this.#head(), faults: this.faults }, query);
  }

  #head() {
    const { ledger, history } = this.network;
    const stale = this.faults.get('stale_head');
    if (!stale) return ledger.head;
    const seqno = stale.blocks === undefined ? stale.headSeqno : ledger.head.id.seqno - stale.blocks;
    const block = history.block(MASTERCHAIN, Math.max(1, seqno));
    return block?.state ? block : ledger.head;
  }

  #spoil(answer) {
    if (!this.faults.get('truncated_proof')) return answer;
    const spoiled = { ...answer };
    for (const name of Object.keys(answer)) if (name.endsWith('proof')) spoiled[name] = cut(answer[name]);
    if (answer.steps)
      spoiled.steps = answer.steps.map((step) => ({ ...step, dest_proof: cut(step.dest_proof) }));
    return spoiled;
  }
}

function cut(bytes) {
  return bytes.subarray(0, Math.floor((bytes.length * 2) / 3));
}
