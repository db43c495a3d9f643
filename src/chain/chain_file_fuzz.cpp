#include "base/check.h"
#include "chain/chain_file.h"

// A chain of blocks that is accepted writes to a text that reads back as the same blocks.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const auto file = chain::parse_chain_file(std::as_bytes(std::span(data, size)));
  if (!file.has_value() || file->source != chain::ChainFile::Source::kBlocks) return 0;
  const std::string text = chain::write_chain_file(file->blocks);
  const auto again = chain::parse_chain_file(as_bytes(text));
  COCOON_CHECK(again.has_value() && chain::write_chain_file(again->blocks) == text);
  return 0;
}
