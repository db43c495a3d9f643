#pragma once

#include "base/result.h"

namespace cocoon::store {

enum class StoreError : std::uint16_t {
  kUnusableFolder = 1,  // missing rights, not a folder, or another running process's
  kUnreadable = 2,      // damaged, of something else, or of a newer version
  kUnwritable = 3,
  kTooLarge = 4,
};
constexpr Library library_of(StoreError) { return Library::kStore; }

}  // namespace cocoon::store
