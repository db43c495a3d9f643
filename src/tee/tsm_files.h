#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "base/bytes.h"

namespace cocoon::tee {

enum class TeeError : std::uint16_t {
  kUnavailable = 1,    // no configfs-tsm tree at this path, or no permission
  kWrongProvider = 2,  // the tree is another TEE's
  kTimeout = 3,        // no quote in time
  kConflict = 4,       // somebody else wrote to our entry
  kIo = 5,             // a file operation failed
  kNoCertificate = 6,  // the host gives no certificate of the key that signs reports
};
constexpr Library library_of(TeeError) { return Library::kTee; }

// The file operations that a quote takes, so that tests can put a scripted kernel here. Each
// blocks; reading a quote may take the kernel seconds.
class TsmFiles {
 public:
  TsmFiles() = default;
  virtual ~TsmFiles() = default;
  TsmFiles(const TsmFiles&) = delete;
  TsmFiles& operator=(const TsmFiles&) = delete;

  // False if it exists already.
  [[nodiscard]] virtual Result<bool> make_directory(const std::filesystem::path& path) = 0;
  // Nothing if the file is absent, or the kernel says to come back later.
  [[nodiscard]] virtual Result<std::optional<Bytes>> read(const std::filesystem::path& path,
                                                          std::size_t bytes_max) = 0;
  // One write() of everything. False if the kernel is busy with the entry and says to come back
  // later.
  [[nodiscard]] virtual Result<bool> write(const std::filesystem::path& path, BytesView bytes) = 0;
  // Removes an entry and, where they are plain files, its attributes. As far as possible; never
  // fails.
  virtual void remove_entry(const std::filesystem::path& path) = 0;
};

[[nodiscard]] std::unique_ptr<TsmFiles> make_real_tsm_files();

}  // namespace cocoon::tee
