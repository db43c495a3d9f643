#include "attest/trusted_block.h"

namespace cocoon::attest {

Result<TrustedBlock> read_trusted_block(codec::TomlTable table) {
  TrustedBlock out;
  TRY(const std::int64_t seqno, table.integer("seqno", {0, UINT32_MAX}));
  out.seqno = Seqno(static_cast<std::uint32_t>(seqno));
  TRY(out.root_hash, table.tagged_hex<BlockHash>("root_hash"));
  TRY(out.file_hash, table.tagged_hex<BlockFileHash>("file_hash"));
  TRY_VOID(table.finish());
  return out;
}

std::string write_trusted_block(const TrustedBlock& block) {
  return "seqno = " + std::to_string(block.seqno.value()) + "\nroot_hash = \"" +
         block.root_hash.hex() + "\"\nfile_hash = \"" + block.file_hash.hex() + "\"\n";
}

}  // namespace cocoon::attest
