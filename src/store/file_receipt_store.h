#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "ports/world.h"

namespace cocoon::store {

enum class StoreError : std::uint16_t {
  kUnusableFolder = 1,  // missing rights, or not a folder
  kUnreadable = 2,      // the folder cannot be listed
  kTooLarge = 4,
};
constexpr Library library_of(StoreError) { return Library::kStore; }

inline constexpr std::size_t kReceiptBytesMax = 64 * 1024;

// One file per receipt, `<request id in hex>.receipt`, in a folder that only its owner may enter.
// Files appear whole or not at all and are on disk when put() returns. Calls block on the disk for
// one small file.
class FileReceiptStore final : public ports::ReceiptStore {
 public:
  // Makes the folder if need be and sweeps what an interrupted write left there.
  [[nodiscard]] static Result<std::unique_ptr<FileReceiptStore>> open(std::filesystem::path folder);

  [[nodiscard]] ports::Task<Status> put(RequestId id, Bytes receipt) override;
  [[nodiscard]] ports::Task<Result<std::optional<Bytes>>> get(RequestId id) override;

  // The ids of stored receipts, newest first, at most `count_max`.
  [[nodiscard]] Result<std::vector<RequestId>> newest(std::size_t count_max) const;

 private:
  explicit FileReceiptStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::filesystem::path path_of(RequestId id) const;
  [[nodiscard]] Status write(RequestId id, BytesView receipt);

  std::filesystem::path folder_;
};

}  // namespace cocoon::store
