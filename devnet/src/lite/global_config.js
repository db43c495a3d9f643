// global.config.json, as TON's clients take it: the lite-servers and the blocks that trust starts from.

const IP_LOOPBACK = 0x7f000001;

/**
 * @param {{ port: number, publicKey: Buffer }[]} servers
 * @param {{ zerostate: import('../chain/tlb.js').BlockId, init: import('../chain/tlb.js').BlockId }} blocks
 */
export function globalConfig(servers, { zerostate, init }) {
  return {
    '@type': 'config.global',
    dht: { '@type': 'dht.config.global', k: 6, a: 3, static_nodes: { '@type': 'dht.nodes', nodes: [] } },
    liteservers: servers.map(({ port, publicKey }) => ({
      ip: IP_LOOPBACK,
      port,
      id: { '@type': 'pub.ed25519', key: publicKey.toString('base64') },
    })),
    validator: {
      '@type': 'validator.config.global',
      zero_state: blockJson(zerostate),
      init_block: blockJson(init),
      hardforks: [],
    },
  };
}

// The whole shard is a number in these files: -2^63, which JSON.stringify cannot write exactly from a BigInt but can
// from the float that equals it.
function blockJson({ workchain, seqno, rootHash, fileHash }) {
  const shard = -9223372036854775808;
  return {
    workchain,
    shard,
    seqno,
    root_hash: rootHash.toString('base64'),
    file_hash: fileHash.toString('base64'),
  };
}

/** The text of the file. JavaScript writes -2^63 as -9223372036854776000, which strict readers refuse. */
export function globalConfigText(config) {
  return `${JSON.stringify(config, null, 2).replaceAll('-9223372036854776000', '-9223372036854775808')}\n`;
}
