// The TL constructors that this server reads and writes, as TON's lite_api.tl and ton_api.tl define them.
import { TlScheme } from './tl.js';

export const TL = new TlScheme(`
  tonNode.blockId workchain:int shard:long seqno:int = tonNode.BlockId;
  tonNode.blockIdExt workchain:int shard:long seqno:int root_hash:int256 file_hash:int256 = tonNode.BlockIdExt;
  tonNode.zeroStateIdExt workchain:int root_hash:int256 file_hash:int256 = tonNode.ZeroStateIdExt;
  ton.blockId root_cell_hash:int256 file_hash:int256 = ton.BlockId;

  tcp.ping random_id:long = tcp.Pong;
  tcp.pong random_id:long = tcp.Pong;
  adnl.message.query query_id:int256 query:bytes = adnl.Message;
  adnl.message.answer query_id:int256 answer:bytes = adnl.Message;

  consensus.dataToSign session_id:int256 data:bytes = consensus.DataToSign;
  consensus.candidateId slot:int hash:int256 = consensus.CandidateId;
  consensus.candidateWithoutParents = consensus.CandidateParent;
  consensus.candidateHashDataOrdinary block:tonNode.blockIdExt collated_file_hash:int256 parent:consensus.CandidateParent = consensus.CandidateHashData;
  consensus.simplex.finalizeVote id:consensus.CandidateId = consensus.simplex.UnsignedVote;

  liteServer.error code:int message:string = liteServer.Error;
  liteServer.accountId workchain:int id:int256 = liteServer.AccountId;
  liteServer.masterchainInfo last:tonNode.blockIdExt state_root_hash:int256 init:tonNode.zeroStateIdExt = liteServer.MasterchainInfo;
  liteServer.masterchainInfoExt mode:# version:int capabilities:long last:tonNode.blockIdExt last_utime:int now:int state_root_hash:int256 init:tonNode.zeroStateIdExt = liteServer.MasterchainInfoExt;
  liteServer.currentTime now:int = liteServer.CurrentTime;
  liteServer.version mode:# version:int capabilities:long now:int = liteServer.Version;
  liteServer.blockData id:tonNode.blockIdExt data:bytes = liteServer.BlockData;
  liteServer.blockState id:tonNode.blockIdExt root_hash:int256 file_hash:int256 data:bytes = liteServer.BlockState;
  liteServer.blockHeader id:tonNode.blockIdExt mode:# header_proof:bytes = liteServer.BlockHeader;
  liteServer.sendMsgStatus status:int = liteServer.SendMsgStatus;
  liteServer.accountState id:tonNode.blockIdExt shardblk:tonNode.blockIdExt shard_proof:bytes proof:bytes state:bytes = liteServer.AccountState;
  liteServer.runMethodResult mode:# id:tonNode.blockIdExt shardblk:tonNode.blockIdExt shard_proof:mode.0?bytes proof:mode.0?bytes state_proof:mode.1?bytes init_c7:mode.3?bytes lib_extras:mode.4?bytes exit_code:int result:mode.2?bytes = liteServer.RunMethodResult;
  liteServer.shardInfo id:tonNode.blockIdExt shardblk:tonNode.blockIdExt shard_proof:bytes shard_descr:bytes = liteServer.ShardInfo;
  liteServer.allShardsInfo id:tonNode.blockIdExt proof:bytes data:bytes = liteServer.AllShardsInfo;
  liteServer.transactionInfo id:tonNode.blockIdExt proof:bytes transaction:bytes = liteServer.TransactionInfo;
  liteServer.transactionList ids:(vector tonNode.blockIdExt) transactions:bytes = liteServer.TransactionList;
  liteServer.transactionMetadata mode:# depth:int initiator:liteServer.accountId initiator_lt:long = liteServer.TransactionMetadata;
  liteServer.transactionId#b12f65af mode:# account:mode.0?int256 lt:mode.1?long hash:mode.2?int256 metadata:mode.8?liteServer.transactionMetadata = liteServer.TransactionId;
  liteServer.transactionId3 account:int256 lt:long = liteServer.TransactionId3;
  liteServer.blockTransactions id:tonNode.blockIdExt req_count:# incomplete:Bool ids:(vector liteServer.transactionId) proof:bytes = liteServer.BlockTransactions;
  liteServer.blockTransactionsExt id:tonNode.blockIdExt req_count:# incomplete:Bool transactions:bytes proof:bytes = liteServer.BlockTransactionsExt;
  liteServer.signature node_id_short:int256 signature:bytes = liteServer.Signature;
  liteServer.signatureSet.ordinary#f644a6e6 validator_set_hash:int catchain_seqno:int signatures:(vector liteServer.signature) = liteServer.SignatureSet;
  liteServer.signatureSet.simplex cc_seqno:int validator_set_hash:int signatures:(vector liteServer.signature) session_id:int256 slot:int candidate:bytes = liteServer.SignatureSet;
  liteServer.blockLinkBack to_key_block:Bool from:tonNode.blockIdExt to:tonNode.blockIdExt dest_proof:bytes proof:bytes state_proof:bytes = liteServer.BlockLink;
  liteServer.blockLinkForward to_key_block:Bool from:tonNode.blockIdExt to:tonNode.blockIdExt dest_proof:bytes config_proof:bytes signatures:liteServer.SignatureSet = liteServer.BlockLink;
  liteServer.partialBlockProof complete:Bool from:tonNode.blockIdExt to:tonNode.blockIdExt steps:(vector liteServer.BlockLink) = liteServer.PartialBlockProof;
  liteServer.configInfo mode:# id:tonNode.blockIdExt state_proof:bytes config_proof:bytes = liteServer.ConfigInfo;
  liteServer.libraryEntry hash:int256 data:bytes = liteServer.LibraryEntry;
  liteServer.libraryResult result:(vector liteServer.libraryEntry) = liteServer.LibraryResult;

  liteServer.getMasterchainInfo = liteServer.MasterchainInfo;
  liteServer.getMasterchainInfoExt mode:# = liteServer.MasterchainInfoExt;
  liteServer.getTime = liteServer.CurrentTime;
  liteServer.getVersion = liteServer.Version;
  liteServer.getBlock id:tonNode.blockIdExt = liteServer.BlockData;
  liteServer.getState id:tonNode.blockIdExt = liteServer.BlockState;
  liteServer.getBlockHeader id:tonNode.blockIdExt mode:# = liteServer.BlockHeader;
  liteServer.sendMessage body:bytes = liteServer.SendMsgStatus;
  liteServer.getAccountState id:tonNode.blockIdExt account:liteServer.accountId = liteServer.AccountState;
  liteServer.getAccountStatePrunned id:tonNode.blockIdExt account:liteServer.accountId = liteServer.AccountState;
  liteServer.runSmcMethod mode:# id:tonNode.blockIdExt account:liteServer.accountId method_id:long params:bytes = liteServer.RunMethodResult;
  liteServer.getShardInfo id:tonNode.blockIdExt workchain:int shard:long exact:Bool = liteServer.ShardInfo;
  liteServer.getAllShardsInfo id:tonNode.blockIdExt = liteServer.AllShardsInfo;
  liteServer.getOneTransaction id:tonNode.blockIdExt account:liteServer.accountId lt:long = liteServer.TransactionInfo;
  liteServer.getTransactions count:# account:liteServer.accountId lt:long hash:int256 = liteServer.TransactionList;
  liteServer.lookupBlock mode:# id:tonNode.blockId lt:mode.1?long utime:mode.2?int = liteServer.BlockHeader;
  liteServer.listBlockTransactions id:tonNode.blockIdExt mode:# count:# after:mode.7?liteServer.transactionId3 reverse_order:mode.6?true want_proof:mode.5?true = liteServer.BlockTransactions;
  liteServer.listBlockTransactionsExt id:tonNode.blockIdExt mode:# count:# after:mode.7?liteServer.transactionId3 reverse_order:mode.6?true want_proof:mode.5?true = liteServer.BlockTransactionsExt;
  liteServer.getBlockProof mode:# known_block:tonNode.blockIdExt target_block:mode.0?tonNode.blockIdExt = liteServer.PartialBlockProof;
  liteServer.getConfigAll mode:# id:tonNode.blockIdExt = liteServer.ConfigInfo;
  liteServer.getConfigParams mode:# id:tonNode.blockIdExt param_list:(vector int) = liteServer.ConfigInfo;
  liteServer.getLibraries library_list:(vector int256) = liteServer.LibraryResult;

  liteServer.query data:bytes = Object;
  liteServer.queryPrefix = Object;
  liteServer.waitMasterchainSeqno seqno:int timeout_ms:int = Object;
`);

/** tonNode.blockIdExt of a block. */
export function blockIdExt({ workchain, seqno, rootHash, fileHash }) {
  return {
    _: 'tonNode.blockIdExt',
    workchain,
    shard: -(1n << 63n),
    seqno,
    root_hash: rootHash,
    file_hash: fileHash,
  };
}

/** The block that a tonNode.blockIdExt names. */
export function blockIdOf(ext) {
  return { workchain: ext.workchain, seqno: ext.seqno >>> 0, rootHash: ext.root_hash, fileHash: ext.file_hash };
}
