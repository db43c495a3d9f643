// Puts the parts together: the network, its lite-servers, HTTP API and control endpoint, all on loopback.
import { randomBytes } from 'node:crypto';
import { SigningKey } from './chain/signing.js';
import { MASTERCHAIN } from './chain/tlb.js';
import { Faults } from './control/faults.js';
import { controlServer } from './control/server.js';
import { createExecutor } from './executor/executor.js';
import { toncenterServer } from './http/toncenter.js';
import { globalConfig, globalConfigText } from './lite/global_config.js';
import { LiteServer } from './lite/server.js';
import { Network } from './network.js';
import { DataDir } from './store/data_dir.js';

const INIT_SEQNO = 1;

/**
 * @typedef {import('./network.js').NetworkOptions & { liteServers?: number, dataDir?: string,
 *   executor?: import('./executor/executor.js').Executor,
 *   ports?: { lite?: number[], http?: number, control?: number } }} DevnetOptions
 *   ports are free ones where they are absent
 *
 * @param {DevnetOptions} options
 */
export async function startDevnet(options = {}) {
  const { liteServers: count = 2, ports = {}, dataDir } = options;
  const store = dataDir ? new DataDir(dataDir) : null;
  const secret = options.secret ?? store?.secret(() => randomBytes(32)) ?? randomBytes(32);
  const network = new Network(options.executor ?? (await createExecutor()), { ...options, secret });
  await store?.attach(network);
  await network.begin();

  const faults = new Faults();
  const liteServers = [];
  for (let i = 0; i < count; i++) {
    const key = SigningKey.derive(secret, `lite-server ${i}`);
    const server = new LiteServer(network, key, faults.of(i));
    liteServers.push({ server, publicKey: key.publicKey, port: await server.listen(ports.lite?.[i]) });
  }
  const init = network.history.block(MASTERCHAIN, INIT_SEQNO).id;
  const http = toncenterServer(network);
  const httpPort = await http.listen(ports.http);
  const facts = () => ({
    lite_servers: liteServers.map(({ port, publicKey }) => ({
      host: '127.0.0.1',
      port,
      key: publicKey.toString('base64'),
    })),
    http: `http://127.0.0.1:${httpPort}/api/v2/`,
    control: `http://127.0.0.1:${controlPort}`,
  });
  const control = controlServer({ network, faults, facts });
  const controlPort = await control.listen(ports.control);
  network.start();
  return {
    network,
    faults,
    facts,
    /** The text of global.config.json. */
    globalConfig: globalConfigText(globalConfig(liteServers, { zerostate: network.ledger.zerostate, init })),
    async close() {
      network.stop();
      await network.exclusively(() => {});
      await Promise.all([http.close(), control.close(), ...liteServers.map(({ server }) => server.close())]);
      store?.close();
    },
  };
}
