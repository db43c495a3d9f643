#pragma once

#include <filesystem>
#include <memory>

#include "ports/world.h"

namespace cocoon::store {

inline constexpr std::size_t kDocumentBytesMax = std::size_t{8} * 1024 * 1024;

// Documents as files that only their owner may read, each named by its digest. A new one is written
// and flushed while the loop waits: they come with a worker's new key, not with each answer. What
// is read is compared with its digest.
class DocumentFolder final : public ports::DocumentStore {
 public:
  // Makes the folder if need be.
  [[nodiscard]] static Result<std::unique_ptr<DocumentFolder>> open(std::filesystem::path folder);

  // kTooLarge above kDocumentBytesMax.
  [[nodiscard]] ports::Task<Status> put(ports::DocumentDigest digest, Bytes document) override;
  // kUnreadable for a file that is not what its name says.
  [[nodiscard]] ports::Task<Result<std::optional<Bytes>>> get(
      ports::DocumentDigest digest) override;

 private:
  explicit DocumentFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}
  std::filesystem::path folder_;
};

}  // namespace cocoon::store
