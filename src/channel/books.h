#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "channel/contract.h"

namespace cocoon::channel {

enum class RequestState : std::uint8_t {
  kOpen = 0,      // its price is not known; its most is set aside
  kReleased = 1,  // ended without a bill
  kBilled = 2,
};

struct RequestRecord {
  RequestId id;
  RequestState state = RequestState::kOpen;
  NanoTon price_max;
  NanoTon price;  // once billed

  bool operator==(const RequestRecord&) const = default;
};

// All that a payer has to remember of a channel.
struct PayerRecord {
  ChannelId channel;
  std::optional<SignedVoucher> latest;  // the last one signed
  NanoTon spent;                        // what bills came to, and credit that was written off
  NanoTon written_off;                  // of it, what a payee forgot that it owed
  std::optional<NanoTon> agreed;        // the final amount that was signed: no more vouchers

  bool operator==(const PayerRecord&) const = default;
};

// All that a payee has to remember of a channel.
struct PayeeRecord {
  ChannelId channel;
  std::optional<SignedVoucher> held;    // the highest one that came
  std::optional<SignedVoucher> earned;  // the highest known one that bills have used up
  NanoTon billed;
  std::optional<NanoTon> agreed;  // the final amount that was signed: no more work

  bool operator==(const PayeeRecord&) const = default;
};

// What one step changed. On disk before what the step allows is done, in the order of the steps;
// a later one holds all of the record that the earlier ones held.
template <class Record>
struct Change {
  Record record;
  std::optional<RequestRecord> request = {};
  std::optional<RequestId> forgotten = {};  // too old to be asked for
  bool all_forgotten = false;               // all requests before this change
};
using PayerChange = Change<PayerRecord>;
using PayeeChange = Change<PayeeRecord>;

template <class Record>
struct Books {
  Record record;
  std::vector<RequestRecord> requests;  // as they came
};
using PayerBooks = Books<PayerRecord>;
using PayeeBooks = Books<PayeeRecord>;

// The books after a change.
template <class Record>
void apply(Books<Record>& books, const Change<Record>& change) {
  books.record = change.record;
  if (change.all_forgotten) books.requests.clear();
  if (change.request) {
    const auto same = std::ranges::find(books.requests, change.request->id, &RequestRecord::id);
    if (same == books.requests.end()) {
      books.requests.push_back(*change.request);
    } else {
      *same = *change.request;
    }
  }
  if (change.forgotten) {
    std::erase_if(books.requests,
                  [&](const RequestRecord& record) { return record.id == *change.forgotten; });
  }
}

struct RequestLimits {
  std::size_t open_max = 1'000;
  std::size_t closed_max = 10'000;  // remembered, so that bills may come twice or late
};

// The requests of one channel, and what is set aside for those that are open.
class RequestBook {
 public:
  explicit RequestBook(RequestLimits limits) : limits_(limits) {}
  // kAmount for sums outside the range, kConflict for an id that is there twice.
  [[nodiscard]] Status load(const std::vector<RequestRecord>& requests);

  [[nodiscard]] const RequestRecord* find(const RequestId& id) const;
  [[nodiscard]] NanoTon set_aside() const { return set_aside_; }
  [[nodiscard]] std::size_t open_count() const { return open_count_; }

  // A request that is not there yet. kBusy, kAmount.
  [[nodiscard]] Result<RequestRecord> open(const RequestId& id, NanoTon price_max);
  struct Closed {
    RequestRecord record;
    std::optional<RequestId> forgotten;
  };
  // One that is there, and not billed.
  [[nodiscard]] Closed close(const RequestId& id, RequestState state, NanoTon price);

 private:
  [[nodiscard]] Status add(const RequestRecord& record);

  RequestLimits limits_;
  std::map<RequestId, RequestRecord> requests_;
  std::deque<RequestId> closed_;  // oldest first
  NanoTon set_aside_;
  std::size_t open_count_ = 0;
};

}  // namespace cocoon::channel
