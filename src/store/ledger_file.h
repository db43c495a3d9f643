#pragma once

#include <filesystem>
#include <memory>

#include "ports/ledger.h"
#include "store/error.h"

namespace cocoon::store {

// The books in one SQLite file of a folder that only its owner may enter (docs/formats/ledger.md).
// A thread of its own saves whatever waits in one transaction and flushes the disk once for all of
// it. The loop that the save()s run on outlives the ledger.
class LedgerFile final : public ports::Ledger {
 public:
  struct Options {
    std::size_t waiting_max = 10'000;  // changes on their way to the disk
  };
  // Makes folder and file if need be, and checks what is there. One process at a time:
  // kUnusableFolder while another has it. kUnreadable for a file that is damaged, of another
  // program or of a newer version.
  [[nodiscard]] static Result<std::unique_ptr<LedgerFile>> open(const std::filesystem::path& folder,
                                                                Options options);
  [[nodiscard]] static Result<std::unique_ptr<LedgerFile>> open(
      const std::filesystem::path& folder) {
    return open(folder, Options());
  }
  ~LedgerFile() override;  // saves what waits

  [[nodiscard]] ports::Task<Status> save(channel::PayerChange change) override;
  [[nodiscard]] ports::Task<Status> save(channel::PayeeChange change) override;
  // These read on the caller's thread.
  [[nodiscard]] ports::Task<Result<std::vector<channel::PayerBooks>>> payer_books() override;
  [[nodiscard]] ports::Task<Result<std::vector<channel::PayeeBooks>>> payee_books() override;

 private:
  struct State;
  explicit LedgerFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::store
