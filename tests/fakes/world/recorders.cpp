#include "tests/fakes/world/recorders.h"

#include <algorithm>

namespace cocoon::fakes {

std::uint64_t SeededRandom::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31U);
}

void SeededRandom::fill(MutableBytesView out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) word = next();
    out[i] = static_cast<std::byte>(word >> (8 * (i % 8)));
  }
}

void CountingMetrics::set(ports::Gauge gauge, std::int64_t value) {
  gauges_[index(gauge)] = value;
  peaks_[index(gauge)] = std::max(peaks_[index(gauge)], value);
}

std::size_t CapturedLog::count(std::string_view text) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      lines_, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
}

Task<Status> MemoryFloorStore::put(std::vector<attest::EvaluationFloor> floors) {
  kept_ = std::move(floors);
  co_return Status();
}

Task<Status> MemoryReceiptStore::put(RequestId id, Bytes receipt) {
  if (put_time_ > Duration::zero()) co_await simulation_.clock().sleep_for(put_time_);
  if (disk_ == Disk::kFull) co_return fail(BaseError::kOutOfRange, "no space left");
  receipts_.insert_or_assign(id, std::move(receipt));
  order_.push_back(id);
  co_return Status();
}

Task<Result<std::vector<RequestId>>> MemoryReceiptStore::newest(std::size_t count) {
  std::vector<RequestId> out(order_.rbegin(), order_.rend());
  if (out.size() > count) out.resize(count);
  co_return out;
}

Task<Status> MemoryDocumentStore::put(ports::DocumentDigest digest, Bytes document) {
  documents_.insert_or_assign(digest, std::move(document));
  co_return Status();
}

Task<Result<std::optional<Bytes>>> MemoryDocumentStore::get(ports::DocumentDigest digest) {
  const auto found = documents_.find(digest);
  if (found == documents_.end()) co_return std::optional<Bytes>();
  co_return std::optional<Bytes>(found->second);
}

Task<Result<std::optional<Bytes>>> MemoryReceiptStore::get(RequestId id) {
  if (disk_ == Disk::kUnreadable) co_return fail(BaseError::kOutOfRange, "not to be read now");
  const auto found = receipts_.find(id);
  if (found == receipts_.end()) co_return std::optional<Bytes>();
  co_return std::optional<Bytes>(found->second);
}

}  // namespace cocoon::fakes
