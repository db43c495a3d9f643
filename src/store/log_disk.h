#pragma once

#include <filesystem>
#include <memory>

#include "base/bytes.h"

// Inside this room: the files of a log (docs/formats/log.md).
namespace cocoon::store {

// Files that bytes can be put in and that keep them for good once they are flushed. A seam, so that
// tests can take the power away at any step.
class LogDisk {
 public:
  // kEntries + n holds the hashes of tile level n.
  enum class File : std::uint8_t { kHead = 0, kEntries = 1 };
  static constexpr std::size_t kFiles = 9;

  LogDisk() = default;
  virtual ~LogDisk() = default;
  LogDisk(const LogDisk&) = delete;
  LogDisk& operator=(const LogDisk&) = delete;

  [[nodiscard]] virtual Status write(File file, std::uint64_t offset, BytesView bytes) = 0;
  // On disk when it returns, all that was written to this file.
  [[nodiscard]] virtual Status flush(File file) = 0;
  // Exactly `length` bytes; fails where the file has fewer.
  [[nodiscard]] virtual Result<Bytes> read(File file, std::uint64_t offset,
                                           std::size_t length) const = 0;
};

// A folder that only its owner may enter, made if need be and held by one process at a time.
[[nodiscard]] Result<std::unique_ptr<LogDisk>> open_log_folder(const std::filesystem::path& folder);

}  // namespace cocoon::store
