#pragma once

#include "base/result.h"

namespace cocoon::apps {

enum class SimError : std::uint16_t {
  kUnwritable = 2,  // a folder cannot be made
  kBusy = 3,        // another tdx-sim uses this state folder, or did before
  kInsecure = 4,    // others may read the keys
};
constexpr Library library_of(SimError) { return Library::kApps; }

}  // namespace cocoon::apps
