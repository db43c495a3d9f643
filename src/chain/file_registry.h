#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "chain/file_version.h"
#include "ports/world.h"

namespace cocoon::chain {

// The registry from a file, on the devnet. Looks whether the file changed each time it is asked; an
// edit that cannot be used leaves the last good registry in force and is told by last_error().
class FileRegistry final : public ports::Registry {
 public:
  // kForbidden if `network` or the file's network is not the devnet.
  [[nodiscard]] static Result<std::unique_ptr<FileRegistry>> open(std::filesystem::path file,
                                                                  NetworkId network);

  [[nodiscard]] Result<std::shared_ptr<const registry::Snapshot>> current() const override;
  // Why the file as it is now is not in force; nothing if it is.
  [[nodiscard]] const std::optional<Error>& last_error() const { return last_error_; }

 private:
  explicit FileRegistry(std::filesystem::path file) : file_(std::move(file)) {}
  [[nodiscard]] Status reload() const;

  std::filesystem::path file_;
  mutable FileVersion version_;
  mutable std::shared_ptr<const registry::Snapshot> snapshot_;
  mutable std::optional<Error> last_error_;
};

}  // namespace cocoon::chain
