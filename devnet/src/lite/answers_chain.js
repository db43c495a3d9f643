// Answers about the chain of key blocks: proofs from one block to another, and the configuration.
import { headerProof, blockToStateProof, configCells, keyBlockConfigProof, stateProofRoots } from './proofs.js';
import { merkleProof } from '../cells/proof.js';
import { cellToBoc, toBoc } from '../cells/boc.js';
import { keyOf } from '../cells/hashmap.js';
import { MASTERCHAIN } from '../chain/tlb.js';
import { signatureSet } from './signatures.js';
import { blockState, knownBlock, LiteError, NOT_READY, PROTOCOL } from './lookup.js';
import { blockIdExt } from './scheme.js';

const LINKS_MAX = 16;
const HAS_TARGET = 1;

export const CHAIN_ANSWERS = {
  'liteServer.getBlockProof': blockProof,
  'liteServer.getConfigAll': ({ network }, { mode, id }) => configInfo(network, id, mode, null),
  'liteServer.getConfigParams': ({ network }, { mode, id, param_list: wanted }) =>
    configInfo(network, id, mode, wanted),
};

function blockProof({ network, head, faults }, { mode, known_block: knownId, target_block: targetId }) {
  const from = knownBlock(network, knownId);
  const to = mode & HAS_TARGET ? knownBlock(network, targetId) : head;
  if (from.id.workchain !== MASTERCHAIN || to.id.workchain !== MASTERCHAIN) {
    throw new LiteError(PROTOCOL, 'block proofs are of masterchain blocks');
  }
  const steps = [];
  let at = from;
  while (at !== to && steps.length < LINKS_MAX) {
    const { next, link } = nextLink(network, at, to, faults);
    steps.push(link);
    at = next;
  }
  return {
    _: 'liteServer.partialBlockProof',
    complete: at === to,
    from: knownId,
    to: blockIdExt(at.id),
    steps,
  };
}

// Forward from a key block to the next one or the target; back to an earlier block, or to the key block to start from.
function nextLink(network, at, to, faults) {
  if (to.id.seqno < at.id.seqno) return backward(network, at, to);
  const { keyBlocks } = network.history;
  if (!at.isKey)
    return backward(
      network,
      at,
      keyBlocks.findLast((block) => block.id.seqno < at.id.seqno),
    );
  const nextKey = keyBlocks.find((block) => block.id.seqno > at.id.seqno);
  return forward(network, at, nextKey && nextKey.id.seqno <= to.id.seqno ? nextKey : to, faults);
}

function forward(network, from, to, faults) {
  const { history } = network;
  const link = {
    _: 'liteServer.blockLinkForward',
    to_key_block: to.isKey,
    from: blockIdExt(from.id),
    to: blockIdExt(to.id),
    dest_proof: headerProof(history.rootOf(to)),
    config_proof: configProofOf(history, from),
    signatures: signatureSet(to, network.options.signatures, faults),
  };
  return { next: to, link };
}

// A key block's is asked for again and again.
function configProofOf(history, block) {
  block.configProof ??= keyBlockConfigProof(history.rootOf(block));
  return block.configProof;
}

// An earlier block by the list of them in a state: header of the destination, block to state, state to list.
function backward(network, from, to) {
  const { history } = network;
  const state = blockState(from);
  const kept = [state.custom, state.custom.refs[2], ...from.oldBlocks.path(keyOf(to.id.seqno, 32))];
  if (!from.oldBlocks.get(keyOf(to.id.seqno, 32)))
    throw new LiteError(NOT_READY, 'the state no longer lists that block');
  const [proof, statePart] = stateProofRoots(history.rootOf(from), state, kept);
  const link = {
    _: 'liteServer.blockLinkBack',
    to_key_block: to.isKey,
    from: blockIdExt(from.id),
    to: blockIdExt(to.id),
    dest_proof: headerProof(history.rootOf(to)),
    proof: toBoc([proof]),
    state_proof: toBoc([statePart]),
  };
  return { next: to, link };
}

// Only masterchain states hold the configuration. `wanted` null: all of it.
function configInfo(network, id, mode, wanted) {
  const block = knownBlock(network, id);
  if (id.workchain !== MASTERCHAIN)
    throw new LiteError(PROTOCOL, 'only masterchain blocks have a configuration');
  const state = blockState(block);
  const config = state.config;
  const kept = configCells(state, config, wanted ?? config.indexes);
  return {
    _: 'liteServer.configInfo',
    mode,
    id,
    state_proof: blockToStateProof(network.history.rootOf(block)),
    config_proof: cellToBoc(merkleProof(state.root, kept)),
  };
}
