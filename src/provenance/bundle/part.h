#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace cocoon::provenance::bundle {

// What a bundle is made of. Numbers are keys of the format.
enum class Part : std::uint8_t {
  kReceipt = 1,
  kShown = 2,       // of the texts that the receipt commits to
  kEvidence = 3,    // of the worker
  kCollateral = 4,  // that the evidence was judged with
  kBlock = 5,       // of the masterchain, which the evidence names
  kRegistry = 6,    // that it was judged by
  kLog = 7,
  kParents = 8,
};
// "receipt", "shown", …
[[nodiscard]] std::string_view name_of(Part part);

// Why something is no bundle. Without a part, its frame is not one.
struct Damage {
  std::optional<Part> part;
  Error why;
};

}  // namespace cocoon::provenance::bundle
