#pragma once

#include <filesystem>

#include "base/bytes.h"

namespace cocoon::apps {

enum class SimError : std::uint16_t {
  kUnreadable = 1,  // a file of the state folder or the measurements cannot be used
  kUnwritable = 2,
  kBusy = 3,      // another tdx-sim uses this state folder
  kInsecure = 4,  // others may read the keys
};
constexpr Library library_of(SimError) { return Library::kApps; }

enum class FileMode : std::uint16_t { kPrivate = 0600, kPublic = 0644 };

[[nodiscard]] Result<Bytes> read_small_file(const std::filesystem::path& file);
// Puts the bytes in the file's place in one step, through a temporary file in `by_way_of`.
[[nodiscard]] Status replace_file(const std::filesystem::path& file, BytesView bytes, FileMode mode,
                                  const std::filesystem::path& by_way_of);

}  // namespace cocoon::apps
