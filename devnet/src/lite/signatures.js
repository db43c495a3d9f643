// Validators' signatures of a masterchain block, made when somebody asks for them: Ed25519 is deterministic, so they are
// the same each time.
import { sha256 } from '../chain/signing.js';
import { blockIdExt, TL } from './scheme.js';

/**
 * @param {import('../chain/history.js').Block} block
 * @param {'ordinary' | 'simplex'} form
 * @param {import('../control/faults.js').FaultView} faults
 * @returns {object} liteServer.SignatureSet
 */
export function signatureSet(block, form, faults) {
  const common = { validator_set_hash: block.session.hash, catchain_seqno: block.session.catchainSeqno };
  if (form === 'ordinary') {
    const message = TL.encode({
      _: 'ton.blockId',
      root_cell_hash: block.id.rootHash,
      file_hash: block.id.fileHash,
    });
    return { _: 'liteServer.signatureSet.ordinary', ...common, signatures: sign(block, message, faults) };
  }
  const { message, ...session } = simplexVote(block);
  return {
    _: 'liteServer.signatureSet.simplex',
    cc_seqno: common.catchain_seqno,
    validator_set_hash: common.validator_set_hash,
    signatures: sign(block, message, faults),
    ...session,
  };
}

// A finalize vote on the candidate that is this block, within the session's id.
function simplexVote(block) {
  const candidate = TL.encode({
    _: 'consensus.candidateHashDataOrdinary',
    block: blockIdExt(block.id),
    collated_file_hash: sha256(Buffer.alloc(0)),
    parent: { _: 'consensus.candidateWithoutParents' },
  });
  const sessionId = sha256(`session ${block.session.catchainSeqno} ${block.session.hash}`);
  const slot = block.id.seqno;
  const id = { _: 'consensus.candidateId', slot, hash: sha256(candidate) };
  const vote = TL.encode({ _: 'consensus.simplex.finalizeVote', id });
  const message = TL.encode({ _: 'consensus.dataToSign', session_id: sessionId, data: vote });
  return { message, session_id: sessionId, slot, candidate };
}

function sign(block, message, faults) {
  const isBad = faults.get('bad_signature');
  const isWeak = faults.get('weak_signatures');
  const { validators } = block.session;
  // Two thirds of the weight at most: the lighter half of a set that has more than two members.
  const signers = isWeak ? validators.slice(0, Math.floor(validators.length / 2)) : validators;
  return signers.map(({ signer }) => {
    const signature = signer.sign(message);
    if (isBad) signature[0] ^= 1;
    return { node_id_short: signer.shortId, signature };
  });
}
