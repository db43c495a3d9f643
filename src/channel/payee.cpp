#include "channel/payee.h"

#include <algorithm>

namespace cocoon::channel {
namespace {

constexpr std::size_t kUnearnedMax = 64;

NanoTon cumulative_of(const std::optional<SignedVoucher>& voucher) {
  return voucher ? voucher->voucher.cumulative : NanoTon();
}

Status check_kept(const std::optional<SignedVoucher>& voucher, const ProvenChannel& proven) {
  if (!voucher) return {};
  if (voucher->voucher.channel != proven.id)
    return fail(ChannelError::kOtherChannel, "a voucher of another channel on the books");
  return verify_voucher(*voucher, proven.state.parameters.payer_key);
}

}  // namespace

Status accept_parameters(const ProvenChannel& proven, const PayeeIdentity& self,
                         std::chrono::seconds close_delay_min) {
  const ChannelParameters& parameters = proven.state.parameters;
  if (parameters.payee != self.payout || parameters.payee_key != self.key->public_key())
    return fail(ChannelError::kUnacceptable, "a channel that pays somebody else");
  if (parameters.close_delay < close_delay_min)
    return fail(ChannelError::kUnacceptable, "a channel that closes before it could be redeemed");
  return {};
}

PayeeBooks Payee::baseline(const ProvenChannel& proven, const std::optional<SignedVoucher>& kept) {
  PayeeBooks books;
  books.record.channel = proven.id;
  books.record.held = kept;
  books.record.earned = kept;
  books.record.billed = std::max(proven.state.paid, cumulative_of(kept));
  return books;
}

Result<Payee> Payee::create(const ProvenChannel& proven, const PayeeBooks& books,
                            const PayeeIdentity& self, PayeeLimits limits, std::uint64_t random) {
  if (books.record.channel != proven.id)
    return fail(ChannelError::kOtherChannel, "books of another channel");
  TRY_VOID(accept_parameters(proven, self, limits.close_delay_min));
  if (limits.redeem_at == NanoTon() || limits.unredeemed_max.nano() / 2 < limits.redeem_at.nano()) {
    return fail(ChannelError::kUnacceptable,
                "the most that is unredeemed has to be twice the least that is redeemed");
  }
  TRY_VOID(check_kept(books.record.held, proven));
  TRY_VOID(check_kept(books.record.earned, proven));
  RequestBook requests(limits.requests);
  TRY_VOID(requests.load(books.requests));
  Payee payee(proven, books.record, std::move(requests), self, limits);
  if (books.record.held) payee.unearned_.push_back(*books.record.held);
  payee.settle_earned();
  payee.draw_threshold(random);
  return payee;
}

void Payee::draw_threshold(std::uint64_t random) {
  // redeem_at … 2 × redeem_at - 1, below 2^63 as twice of it is at most unredeemed_max.
  const std::uint64_t least = limits_.redeem_at.nano();
  threshold_ = NanoTon::from_nano(least + random % least).value_or(limits_.redeem_at);
}

Status Payee::update(const ProvenChannel& proven, std::uint64_t random) {
  TRY_VOID(expect_newer(proven_, proven));
  if (proven.state.paid != proven_.state.paid) {
    draw_threshold(random);
    is_held_up_ = false;
  }
  proven_ = proven;
  return {};
}

Status Payee::expect_backed() const {
  const ChannelState& state = proven_.state;
  // Each below 2^63.
  const std::uint64_t backing = state.deposit.nano() - std::min(state.deposit, state.paid).nano();
  if (proven_.balance.nano() < backing + kStorageReserveNano)
    return fail(ChannelError::kDeposit, "storage fees have eaten into the deposit: top up");
  return {};
}

void Payee::settle_earned() {
  while (!unearned_.empty() && unearned_.front().voucher.cumulative <= record_.billed) {
    record_.earned = unearned_.front();
    unearned_.pop_front();
  }
}

Result<std::optional<PayeeChange>> Payee::present(const SignedVoucher& voucher) {
  if (record_.held == voucher) return std::nullopt;
  const Voucher& what = voucher.voucher;
  if (what.channel != record_.channel)
    return fail(ChannelError::kOtherChannel, "a voucher of another channel, or of another life");
  TRY_VOID(verify_voucher(voucher, proven_.state.parameters.payer_key));
  if (record_.held) {
    const Voucher& held = record_.held->voucher;
    if (what.seq == held.seq || (what.seq > held.seq ? what.cumulative < held.cumulative
                                                     : what.cumulative > held.cumulative)) {
      return fail(ChannelError::kConflict, "a voucher that contradicts the one that is held");
    }
    if (what.seq < held.seq) return std::nullopt;
  }
  record_.held = voucher;
  // Of those between, a few are enough to redeem close to what is earned.
  if (unearned_.size() == kUnearnedMax) unearned_.pop_back();
  unearned_.push_back(voucher);
  settle_earned();
  return PayeeChange{.record = record_};
}

Result<NanoTon> Payee::needed_for(NanoTon price_max) const {
  // Three amounts below 2^63 each: 128 bits do not wrap.
  const auto sum = static_cast<unsigned __int128>(record_.billed.nano()) +
                   requests_.set_aside().nano() + price_max.nano();
  if (sum > NanoTon::kMax) return fail(ChannelError::kAmount, "more than there are coins");
  return NanoTon::from_nano(static_cast<std::uint64_t>(sum));
}

Result<PayeeChange> Payee::reserve(const RequestId& id, NanoTon price_max) {
  if (record_.agreed || proven_.state.status != ChannelStatus::kOpen)
    return fail(ChannelError::kClosing, "this channel takes no new requests");
  if (requests_.find(id) != nullptr)
    return fail(ChannelError::kConflict, "a request that is on the books already");
  TRY_VOID(expect_backed());
  TRY(const NanoTon needed, needed_for(price_max));
  if (needed > cumulative_of(record_.held))
    return fail(ChannelError::kUncovered, "the voucher does not cover this request");
  if (needed > proven_.state.deposit)
    return fail(ChannelError::kDeposit, "the deposit does not cover this request");
  const NanoTon open_amount = needed.minus(proven_.state.paid).value_or(NanoTon());
  if (open_amount > limits_.unredeemed_max) {
    is_held_up_ = true;
    return fail(ChannelError::kExposure, "more has to be redeemed first");
  }
  TRY(const RequestRecord request, requests_.open(id, price_max));
  return PayeeChange{.record = record_, .request = request};
}

Result<std::optional<PayeeChange>> Payee::bill(const RequestId& id, NanoTon price) {
  const RequestRecord* known = requests_.find(id);
  if (known == nullptr)
    return fail(ChannelError::kUnknownRequest, "a bill for a request that was not taken");
  if (known->state != RequestState::kOpen) {
    if (known->state == RequestState::kBilled && known->price == price) return std::nullopt;
    return fail(ChannelError::kConflict, "a bill for a request that is over");
  }
  const Result<NanoTon> billed = record_.billed.plus(price);
  if (price > known->price_max || !billed)
    return fail(ChannelError::kOverbilled, "a bill for more than was authorised");
  record_.billed = *billed;
  settle_earned();
  const auto closed = requests_.close(id, RequestState::kBilled, price);
  return PayeeChange{.record = record_, .request = closed.record, .forgotten = closed.forgotten};
}

Result<std::optional<PayeeChange>> Payee::release(const RequestId& id) {
  const RequestRecord* known = requests_.find(id);
  if (known == nullptr) return fail(ChannelError::kUnknownRequest, "a request that was not taken");
  if (known->state == RequestState::kReleased) return std::nullopt;
  if (known->state == RequestState::kBilled)
    return fail(ChannelError::kConflict, "a request that is billed");
  const auto closed = requests_.close(id, RequestState::kReleased, {});
  return PayeeChange{.record = record_, .request = closed.record, .forgotten = closed.forgotten};
}

NanoTon Payee::unredeemed() const {
  return record_.billed.minus(proven_.state.paid).value_or(NanoTon());
}

std::optional<SignedVoucher> Payee::redeemable() const {
  const ChannelState& state = proven_.state;
  if (std::min(record_.billed, state.deposit) <= state.paid) return std::nullopt;
  const auto& best = record_.billed > cumulative_of(record_.earned) ? record_.held : record_.earned;
  return cumulative_of(best) > state.paid ? best : std::nullopt;
}

std::optional<SignedVoucher> Payee::due(UnixSeconds now) const {
  const ChannelState& state = proven_.state;
  switch (state.status) {
    case ChannelStatus::kFresh:
    case ChannelStatus::kClosed:
      return std::nullopt;
    case ChannelStatus::kOpen: {
      if (is_held_up_) return redeemable();
      const NanoTon gain = std::min(cumulative_of(record_.earned), state.deposit)
                               .minus(state.paid)
                               .value_or(NanoTon());
      return gain >= threshold_ ? record_.earned : std::nullopt;
    }
    case ChannelStatus::kClosing: {
      // No vouchers will come, but bills of open requests may.
      const auto margin = static_cast<std::uint64_t>(limits_.close_margin.count());
      const bool is_last_call = now.value() + margin >= state.closes_at.value();
      return requests_.open_count() == 0 || is_last_call ? redeemable() : std::nullopt;
    }
  }
  return std::nullopt;
}

Result<Payee::Agreement> Payee::agree() {
  if (requests_.open_count() > 0) return fail(ChannelError::kBusy, "requests are still open");
  if (proven_.state.status == ChannelStatus::kFresh ||
      proven_.state.status == ChannelStatus::kClosed) {
    return fail(ChannelError::kClosing, "a channel that is not open");
  }
  record_.agreed = record_.agreed.value_or(std::max(record_.billed, proven_.state.paid));
  const FinalAmount amount{.channel = record_.channel, .amount = *record_.agreed};
  return Agreement{.amount = amount,
                   .signature = sign_final_amount(amount, *self_.key),
                   .change = {.record = record_}};
}

}  // namespace cocoon::channel
