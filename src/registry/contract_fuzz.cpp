#include "base/check.h"
#include "registry/contract_snapshot.h"
#include "ton/cell/boc.h"

// A state that is accepted writes to a cell that reads back as the same state; what counts of it
// founds a contract that says the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::registry;
  const auto root = ton::parse_boc_root(std::as_bytes(std::span(data, size)));
  if (!root.has_value()) return 0;
  const auto state = read_contract(*root);
  if (!state.has_value()) return 0;
  const auto written = write_contract(*state);
  COCOON_CHECK(written.has_value());
  const auto again = read_contract(*written);
  COCOON_CHECK(again.has_value());
  COCOON_CHECK((*write_contract(*again))->hash() == (*written)->hash());
  const auto reading = read_snapshot(*state, kDevnetNetworkId);
  if (!reading.has_value()) return 0;
  const auto founded = found_contract(reading->snapshot, {});
  COCOON_CHECK(founded.has_value());
  const auto same = read_snapshot(*founded, kDevnetNetworkId);
  COCOON_CHECK(same.has_value() && same->refused.empty());
  COCOON_CHECK(same->snapshot.policy.hash() == reading->snapshot.policy.hash());
  COCOON_CHECK(same->snapshot.models.size() == reading->snapshot.models.size());
  COCOON_CHECK(same->snapshot.proxies.size() == reading->snapshot.proxies.size());
  return 0;
}
