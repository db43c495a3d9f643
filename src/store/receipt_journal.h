#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "ports/world.h"

namespace cocoon::store {

enum class StoreError : std::uint16_t {
  kUnusableFolder = 1,  // missing rights, or not a folder
  kUnreadable = 2,
  kUnwritable = 3,
  kTooLarge = 4,
};
constexpr Library library_of(StoreError) { return Library::kStore; }

inline constexpr std::size_t kReceiptBytesMax = 64 * 1024;

// Receipts one behind the other in files of a folder that only its owner may enter
// (docs/formats/receipt-journal.md). A thread of its own writes whatever waits, flushes the disk
// once for all of it, and only then do the put()s return: the loop never waits for the disk, and
// receipts that come together share its slowest step. Where each receipt lies is kept in memory,
// about 70 bytes for each. The loop that the put()s run on outlives the journal.
class ReceiptJournal final : public ports::ReceiptStore {
 public:
  struct Options {
    std::uint32_t file_bytes_max = 64 * 1024 * 1024;  // then the next file begins
    std::size_t waiting_max = 10'000;                 // receipts on their way to the disk
  };
  // Makes the folder if need be, reads what is there, and cuts off what an interrupted write left
  // at its end. One process at a time.
  [[nodiscard]] static Result<std::unique_ptr<ReceiptJournal>> open(std::filesystem::path folder,
                                                                    Options options);
  [[nodiscard]] static Result<std::unique_ptr<ReceiptJournal>> open(std::filesystem::path folder) {
    return open(std::move(folder), Options());
  }
  ~ReceiptJournal() override;  // writes what waits

  // A later receipt of the same id takes the place of the former.
  [[nodiscard]] ports::Task<Status> put(RequestId id, Bytes receipt) override;
  [[nodiscard]] ports::Task<Result<std::optional<Bytes>>> get(RequestId id) override;

  // The ids of stored receipts, newest first, at most `count_max`.
  [[nodiscard]] std::vector<RequestId> newest(std::size_t count_max) const;

 private:
  struct State;
  explicit ReceiptJournal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::store
