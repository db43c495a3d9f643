#pragma once

#include <filesystem>
#include <optional>

#include "base/bytes.h"
#include "chain/error.h"

namespace cocoon::chain {

// The whole file, or kUnreadable if it is longer than `bytes_max`.
[[nodiscard]] Result<Bytes> read_file(const std::filesystem::path& file, std::size_t bytes_max);
// Puts the text in the file's place in one step: readers see the old or the new, never a part.
[[nodiscard]] Status replace_file(const std::filesystem::path& file, std::string_view text);

// Tells whether a file is another one than when it was last asked about.
class FileVersion {
 public:
  // True if the file differs from the version seen last, which this one then replaces. A file that
  // cannot be looked at is one version of its own.
  [[nodiscard]] bool changed(const std::filesystem::path& file);

 private:
  struct Stamp {
    std::uint64_t inode = 0;
    std::int64_t size = -1;
    std::int64_t modified_s = 0;
    std::int64_t modified_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::optional<Stamp> seen_;
};

}  // namespace cocoon::chain
