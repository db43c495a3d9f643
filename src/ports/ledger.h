#pragma once

#include <vector>

#include "async/task.h"
#include "channel/books.h"

namespace cocoon::ports {

using async::Task;

// The books of all channels of one program, on disk (docs/adr/0047-a-ledger-in-sqlite.md). A payer
// saves before it sends, a payee before it serves.
class Ledger {
 public:
  Ledger() = default;
  virtual ~Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // On disk for good when it succeeds. Changes of one channel are saved in the order of the calls,
  // and need not be waited for one by one. After a failure the disk may or may not have the change:
  // what it is about is to be read anew before it goes on.
  [[nodiscard]] virtual Task<Status> save(channel::PayerChange change) = 0;
  [[nodiscard]] virtual Task<Status> save(channel::PayeeChange change) = 0;

  // All that was saved, for programs that start.
  [[nodiscard]] virtual Task<Result<std::vector<channel::PayerBooks>>> payer_books() = 0;
  [[nodiscard]] virtual Task<Result<std::vector<channel::PayeeBooks>>> payee_books() = 0;
};

}  // namespace cocoon::ports
