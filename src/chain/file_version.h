#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace cocoon::chain {

// Tells whether a file is another one than when it was last asked about.
class FileVersion {
 public:
  // True if the file differs from the version seen last, which this one then replaces. A file that
  // cannot be looked at is one version of its own.
  [[nodiscard]] bool changed(const std::filesystem::path& file);
  // The version seen last could not be read after all: ask for it again.
  void forget() { seen_.reset(); }

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
