#pragma once

#include "base/result.h"

namespace cocoon::registry {

enum class RegistryError : std::uint16_t {
  kMalformed = 1,  // cells that are not the contract's frozen layout
  kBadEntry = 2,   // an entry that is not what docs/formats/registry.md says of its list
  kBadTerms = 3,   // parameters out of range: nothing of this registry counts
};
constexpr Library library_of(RegistryError) { return Library::kRegistry; }

}  // namespace cocoon::registry
