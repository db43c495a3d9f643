#pragma once

#include <filesystem>
#include <memory>

#include "ports/world.h"
#include "store/error.h"

namespace cocoon::store {

inline constexpr std::size_t kReceiptBytesMax = 64 * 1024;

// Receipts one behind the other in files of a folder that only its owner may enter
// (docs/formats/receipt-journal.md). A thread of its own writes whatever waits, flushes the disk
// once for all of it, and only then do the put()s return: the loop never waits for the disk, and
// receipts that come together share its slowest step. In memory is where the receipts of the
// newest file lie; those of full files are found by an index beside each, two short reads for a
// file, the newest first. The loop that the put()s run on outlives the journal.
class ReceiptJournal final : public ports::ReceiptStore {
 public:
  struct Options {
    // A file that has either is followed by the next one.
    std::uint32_t file_bytes_max = 16 * 1024 * 1024;
    std::size_t file_records_max = 16'384;
    std::size_t waiting_max = 10'000;  // receipts on their way to the disk
  };
  // Makes the folder if need be, reads the newest file, and cuts off what an interrupted write left
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

  // Of the newest two files.
  [[nodiscard]] ports::Task<Result<std::vector<RequestId>>> newest(std::size_t count) override;

  // How many receipts' places are held in memory: no more than a file has, however many are kept.
  [[nodiscard]] std::size_t places_in_memory() const;

 private:
  struct State;
  explicit ReceiptJournal(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::store
