#include "roles/proxy/bill_book.h"

namespace cocoon::proxy {

void BillBook::put(const RequestId& id, Bytes signed_bill) {
  if (!bills_.emplace(id, std::move(signed_bill)).second) return;
  order_.push_back(id);
  if (order_.size() <= capacity_) return;
  bills_.erase(order_.front());
  order_.pop_front();
}

const Bytes* BillBook::find(const RequestId& id) const {
  const auto found = bills_.find(id);
  return found == bills_.end() ? nullptr : &found->second;
}

}  // namespace cocoon::proxy
