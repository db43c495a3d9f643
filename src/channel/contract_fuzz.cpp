#include <cstdint>

#include "base/check.h"
#include "channel/contract.h"
#include "ton/cell/boc.h"

// Data that is read writes to the same cell.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const auto cell = ton::parse_boc_root(std::as_bytes(std::span(data, size)));
  if (!cell) return 0;
  const auto state = channel::ChannelState::read(*cell);
  if (!state) return 0;
  const auto again = state->data();
  COCOON_CHECK(again.has_value() && (*again)->hash() == (*cell)->hash());
  return 0;
}
