#include "chain/chain_file.h"

#include "codec/toml_table.h"

namespace cocoon::chain {
namespace {

using codec::TomlTable;

constexpr std::size_t kBlocksMax = 2048;

Result<ports::Block> read_block(TomlTable table) {
  ports::Block out;
  TRY(const std::int64_t seqno, table.integer("seqno", {0, UINT32_MAX}));
  out.seqno = Seqno(static_cast<std::uint32_t>(seqno));
  TRY(out.root_hash, table.tagged_hex<BlockHash>("root_hash"));
  TRY(const std::int64_t time, table.integer("generated_at", {0, UINT32_MAX}));
  out.generated_at = UnixSeconds(static_cast<std::uint32_t>(time));
  TRY_VOID(table.finish());
  return out;
}

Result<ChainFile> read_chain(BytesView toml) {
  TRY(TomlTable root, TomlTable::parse(as_text(toml), kChainFileBytesMax));
  TRY(const std::int64_t network, root.integer("network", {INT32_MIN, INT32_MAX}));
  if (network != kDevnetNetworkId.value()) {
    return fail(ChainError::kForbidden, "a chain read from a file counts on the devnet only");
  }
  TRY(const std::string source, root.text("source", 32));
  ChainFile out;
  if (source == "devnet-clock") {
    out.source = ChainFile::Source::kDevnetClock;
    TRY_VOID(root.finish());
    return out;
  }
  if (source != "blocks") return root.refuse("source", "must be \"blocks\" or \"devnet-clock\"");
  TRY(std::vector<TomlTable> rows, root.tables("blocks", kBlocksMax));
  if (rows.empty()) return root.refuse("blocks", "at least one block is required");
  for (TomlTable& row : rows) {
    TRY(const ports::Block block, read_block(std::move(row)));
    if (!out.blocks.empty() && (block.seqno <= out.blocks.back().seqno ||
                                block.generated_at < out.blocks.back().generated_at)) {
      return root.refuse("blocks", "must be in order, oldest first");
    }
    out.blocks.push_back(block);
  }
  TRY_VOID(root.finish());
  return out;
}

std::string head(std::string_view source) {
  return "network = " + std::to_string(kDevnetNetworkId.value()) + "\nsource = \"" +
         std::string(source) + "\"\n";
}

}  // namespace

Result<ChainFile> parse_chain_file(BytesView toml) {
  auto file = read_chain(toml);
  if (file.has_value() || file.error().library() == Library::kChain) return file;
  return fail(ChainError::kMalformed, file.error().message());
}

std::string write_chain_file(const std::vector<ports::Block>& blocks) {
  std::string out = head("blocks");
  for (const ports::Block& block : blocks) {
    out += "\n[[blocks]]\nseqno = " + std::to_string(block.seqno.value()) + "\nroot_hash = \"" +
           block.root_hash.hex() +
           "\"\ngenerated_at = " + std::to_string(block.generated_at.value()) + "\n";
  }
  return out;
}

std::string write_clock_chain_file() { return head("devnet-clock"); }

}  // namespace cocoon::chain
