#include "channel/payer.h"

#include <algorithm>
#include <limits>

namespace cocoon::channel {
namespace {

VoucherSeq seq_of(const std::optional<SignedVoucher>& voucher) {
  return voucher ? voucher->voucher.seq : VoucherSeq(0);
}

}  // namespace

Result<Payer> Payer::create(const ProvenChannel& proven, const PayerBooks& books,
                            const crypto::Ed25519KeyPair& key, PayerLimits limits) {
  if (books.record.channel != proven.id)
    return fail(ChannelError::kOtherChannel, "books of another channel");
  if (proven.state.parameters.payer_key != key.public_key())
    return fail(ChannelError::kUnacceptable, "a channel that another key pays from");
  if (books.record.latest) {
    TRY_VOID(verify_voucher(*books.record.latest, key.public_key()));
    if (books.record.latest->voucher.channel != proven.id)
      return fail(ChannelError::kOtherChannel, "a voucher of another channel on the books");
  }
  RequestBook requests(limits.requests);
  TRY_VOID(requests.load(books.requests));
  return Payer(proven, books.record, std::move(requests), key, limits);
}

Status Payer::update(const ProvenChannel& proven) {
  TRY_VOID(expect_newer(proven_, proven));
  proven_ = proven;
  return {};
}

NanoTon Payer::signed_for() const {
  return record_.latest ? record_.latest->voucher.cumulative : NanoTon();
}

NanoTon Payer::credit() const {
  const Result<NanoTon> used = record_.spent.plus(requests_.set_aside());
  if (!used) return {};
  return signed_for().minus(*used).value_or(NanoTon());
}

NanoTon Payer::at_stake() const {
  const NanoTon unbilled = signed_for().minus(record_.spent).value_or(NanoTon());
  return unbilled.plus(record_.written_off).value_or(unbilled);
}

Result<NanoTon> Payer::bounded(NanoTon needed) const {
  if (needed > proven_.state.deposit)
    return fail(ChannelError::kDeposit, "the deposit does not cover this request");
  const std::uint64_t left =
      limits_.exposure_max.minus(record_.written_off).value_or(NanoTon()).nano();
  // Below 2^64, as its parts are below 2^63.
  const std::uint64_t most = std::min(record_.spent.nano() + left, proven_.state.deposit.nano());
  if (needed.nano() > most)
    return fail(ChannelError::kExposure, "more would be at stake than is allowed");
  return NanoTon::from_nano(std::min(needed.nano() + limits_.step.nano(), most));
}

Result<SignedVoucher> Payer::sign(NanoTon cumulative, const TermsHash& context,
                                  VoucherSeq after) const {
  if (after.value() == std::numeric_limits<std::uint64_t>::max())
    return fail(ChannelError::kConflict, "no number is left for a voucher");
  return sign_voucher({.channel = record_.channel,
                       .seq = VoucherSeq(after.value() + 1),
                       .cumulative = cumulative,
                       .context = context},
                      *key_);
}

Result<Payer::Authorisation> Payer::authorise(const RequestId& id, NanoTon price_max,
                                              const TermsHash& context) {
  if (record_.agreed || proven_.state.status != ChannelStatus::kOpen)
    return fail(ChannelError::kClosing, "this channel takes no new requests");
  const RequestRecord* known = requests_.find(id);
  if (known != nullptr && (known->state != RequestState::kOpen || known->price_max != price_max)) {
    return fail(ChannelError::kConflict, "a request that is over, or had another price");
  }
  Result<NanoTon> needed = record_.spent.plus(requests_.set_aside());
  if (needed && known == nullptr) needed = needed->plus(price_max);
  if (!needed) return fail(ChannelError::kAmount, "more than there are coins");
  // What credit pays for puts nothing more at stake.
  NanoTon cumulative = signed_for();
  if (*needed > cumulative) {
    TRY(cumulative, bounded(*needed));
  }
  std::optional<SignedVoucher> latest = record_.latest;
  if (!latest || cumulative > latest->voucher.cumulative || latest->voucher.context != context) {
    TRY(latest, sign(cumulative, context, seq_of(record_.latest)));
  } else if (known != nullptr) {
    return Authorisation{.voucher = *latest, .change = {}};
  }
  std::optional<RequestRecord> request;
  if (known == nullptr) {
    TRY(request, requests_.open(id, price_max));
  }
  record_.latest = latest;
  return Authorisation{.voucher = *latest,
                       .change = PayerChange{.record = record_, .request = request}};
}

Result<std::optional<PayerChange>> Payer::commit(const RequestId& id, NanoTon price) {
  const RequestRecord* known = requests_.find(id);
  if (known == nullptr)
    return fail(ChannelError::kUnknownRequest, "a bill for a request that was not made");
  if (known->state == RequestState::kBilled) {
    if (known->price == price) return std::nullopt;
    return fail(ChannelError::kConflict, "a second bill, with another price");
  }
  const Result<NanoTon> spent = record_.spent.plus(price);
  if (price > known->price_max || !spent || *spent > signed_for())
    return fail(ChannelError::kOverbilled, "a bill for more than was authorised");
  record_.spent = *spent;
  const auto closed = requests_.close(id, RequestState::kBilled, price);
  return PayerChange{.record = record_, .request = closed.record, .forgotten = closed.forgotten};
}

Result<std::optional<PayerChange>> Payer::release(const RequestId& id) {
  const RequestRecord* known = requests_.find(id);
  if (known == nullptr) return fail(ChannelError::kUnknownRequest, "a request that was not made");
  if (known->state != RequestState::kOpen) return std::nullopt;
  const auto closed = requests_.close(id, RequestState::kReleased, {});
  return PayerChange{.record = record_, .request = closed.record, .forgotten = closed.forgotten};
}

Result<std::optional<PayerChange>> Payer::adopt(const SignedVoucher& presented, NanoTon billed) {
  const Voucher& voucher = presented.voucher;
  if (voucher.channel != record_.channel)
    return fail(ChannelError::kOtherChannel, "a voucher of another channel");
  TRY_VOID(verify_voucher(presented, key_->public_key()));
  if (record_.latest && (voucher.seq < record_.latest->voucher.seq || presented == *record_.latest))
    return std::nullopt;
  if (voucher.cumulative >= signed_for()) {
    record_.latest = presented;
  } else {
    // Numbers went on after books that knew more were lost: one voucher above both.
    TRY(record_.latest, sign(signed_for(), voucher.context, voucher.seq));
  }
  record_.spent = std::max(record_.spent, std::min(billed, voucher.cumulative));
  // What these books have open may be in the payee's sum already, and must not count twice.
  requests_ = RequestBook(limits_.requests);
  return PayerChange{.record = record_, .all_forgotten = true};
}

PayerChange Payer::write_off() {
  record_.written_off = at_stake();
  record_.spent = std::max(record_.spent, signed_for());
  return {.record = record_};
}

Result<Payer::Agreement> Payer::agree(const FinalAmount& amount,
                                      const crypto::Ed25519Signature& payee) {
  if (amount.channel != record_.channel)
    return fail(ChannelError::kOtherChannel, "the final amount of another channel");
  TRY_VOID(verify_final_amount(amount, payee, proven_.state.parameters.payee_key));
  if (record_.agreed && *record_.agreed != amount.amount)
    return fail(ChannelError::kConflict, "another final amount than the one agreed on");
  if (requests_.open_count() > 0) return fail(ChannelError::kBusy, "requests are still open");
  if (amount.amount > std::max(record_.spent, proven_.state.paid))
    return fail(ChannelError::kOverbilled, "a final amount above what was billed");
  record_.agreed = amount.amount;
  return Agreement{.amount = amount,
                   .signature = sign_final_amount(amount, *key_),
                   .change = {.record = record_}};
}

}  // namespace cocoon::channel
