#include "channel/books.h"

#include "base/check.h"

namespace cocoon::channel {

Status RequestBook::add(const RequestRecord& record) {
  NanoTon sum = set_aside_;
  if (record.state == RequestState::kOpen) {
    const Result<NanoTon> more = set_aside_.plus(record.price_max);
    if (!more) return fail(ChannelError::kAmount, "more set aside than there are coins");
    sum = *more;
  }
  if (!requests_.emplace(record.id, record).second)
    return fail(ChannelError::kConflict, "a request that is on the books already");
  set_aside_ = sum;
  if (record.state == RequestState::kOpen) {
    ++open_count_;
  } else {
    closed_.push_back(record.id);
  }
  return {};
}

Status RequestBook::load(const std::vector<RequestRecord>& requests) {
  for (const RequestRecord& record : requests) TRY_VOID(add(record));
  return {};
}

const RequestRecord* RequestBook::find(const RequestId& id) const {
  const auto found = requests_.find(id);
  return found == requests_.end() ? nullptr : &found->second;
}

Result<RequestRecord> RequestBook::open(const RequestId& id, NanoTon price_max) {
  if (open_count_ >= limits_.open_max)
    return fail(ChannelError::kBusy, "too many requests are open on this channel");
  const RequestRecord record{
      .id = id, .state = RequestState::kOpen, .price_max = price_max, .price = {}};
  TRY_VOID(add(record));
  return record;
}

RequestBook::Closed RequestBook::close(const RequestId& id, RequestState state, NanoTon price) {
  const auto found = requests_.find(id);
  COCOON_CHECK(found != requests_.end() && found->second.state != RequestState::kBilled);
  RequestRecord& record = found->second;
  const bool was_open = record.state == RequestState::kOpen;
  record.state = state;
  record.price = price;
  Closed closed{.record = record, .forgotten = {}};
  if (!was_open) return closed;
  set_aside_ = set_aside_.minus(record.price_max).value();
  --open_count_;
  closed_.push_back(id);
  if (closed_.size() > limits_.closed_max) {
    closed.forgotten = closed_.front();
    requests_.erase(closed_.front());
    closed_.pop_front();
  }
  return closed;
}

}  // namespace cocoon::channel
