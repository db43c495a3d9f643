#include "ton/tl/block_id.h"

namespace cocoon::ton {

Result<BlockId> read_block_id(TlReader& reader) {
  BlockId id;
  TRY(id.workchain, reader.i32());
  TRY(id.shard, reader.u64());
  TRY(id.seqno, reader.u32());
  TRY(id.root_hash, reader.tagged<CellHash>());
  TRY(id.file_hash, reader.tagged<FileHash>());
  return id;
}

void write_block_id(TlWriter& writer, const BlockId& id) {
  writer.i32(id.workchain)
      .u64(id.shard)
      .u32(id.seqno)
      .raw(id.root_hash.view())
      .raw(id.file_hash.view());
}

}  // namespace cocoon::ton
