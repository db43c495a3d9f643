#pragma once

#include <deque>
#include <unordered_map>

#include "base/bytes.h"
#include "base/strong.h"

namespace cocoon::proxy {

// Signed bills by request id: the newest `capacity` of them, in memory. Money does not hang on them
// while the price is zero; the ledger takes their place with the market.
class BillBook {
 public:
  explicit BillBook(std::size_t capacity) : capacity_(capacity) {}

  // The first bill of a request stays.
  void put(const RequestId& id, Bytes signed_bill);
  [[nodiscard]] const Bytes* find(const RequestId& id) const;  // nullptr if unknown or too old

 private:
  std::size_t capacity_;
  std::unordered_map<RequestId, Bytes> bills_;
  std::deque<RequestId> order_;
};

}  // namespace cocoon::proxy
