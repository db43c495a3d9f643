#pragma once

#include "channel/books.h"

namespace cocoon::channel {

struct PayeeLimits {
  // What may be billed or set aside and not redeemed yet: lost if this end sleeps through a close.
  NanoTon unredeemed_max;
  // Redeemed when at least this much has been earned, and at most twice as much: drawn anew each
  // time, so that the chain tells little of when work was done.
  NanoTon redeem_at;
  std::chrono::seconds close_delay_min{24 * 3600};
  // Before `closes_at`: the last moment to redeem what open requests still wait for.
  std::chrono::seconds close_margin{3600};
  RequestLimits requests = {};
};

// Who this end is on the chain.
struct PayeeIdentity {
  ton::Address payout;                  // where payments go
  const crypto::Ed25519KeyPair* key{};  // agrees to final amounts; never null, outlives its users
};

// The paid end of one channel. Every step that returns a change is to be persisted before its
// result is acted on; if that fails, this object is to be dropped and made anew from what is on
// disk. Not for two threads at once.
class Payee {
 public:
  // `random` is drawn uniformly. kOtherChannel if the books are of another channel than the proven
  // one; kUnacceptable for parameters or limits that this end does not work under; kBadSignature
  // for a voucher on the books that the payer did not sign.
  [[nodiscard]] static Result<Payee> create(const ProvenChannel& proven, const PayeeBooks& books,
                                            const PayeeIdentity& self, PayeeLimits limits,
                                            std::uint64_t random);
  // The books of a payee that kept none: what the chain paid, or the voucher that somebody kept for
  // it, counts as billed, and only what comes on top buys work.
  [[nodiscard]] static PayeeBooks baseline(const ProvenChannel& proven,
                                           const std::optional<SignedVoucher>& kept);

  // Newer proven state; as expect_newer().
  [[nodiscard]] Status update(const ProvenChannel& proven, std::uint64_t random);

  // A voucher that came with a request, over a connection on which the payer proved its key. One
  // that is older than the held one changes nothing. kOtherChannel, kBadSignature; kConflict for
  // other bytes under a known number, or numbers and amounts that run against each other: the payer
  // is then to be shown `record().held`.
  [[nodiscard]] Result<std::optional<PayeeChange>> present(const SignedVoucher& voucher);
  // Sets the most of a request aside, before any work. kClosing, kBusy, kUncovered, kDeposit;
  // kExposure until something is redeemed; kConflict for an id that is on the books: find() says
  // what became of it.
  [[nodiscard]] Result<PayeeChange> reserve(const RequestId& id, NanoTon price_max);
  // Its price. kUnknownRequest, kOverbilled; kConflict for a second, other price or a released one.
  [[nodiscard]] Result<std::optional<PayeeChange>> bill(const RequestId& id, NanoTon price);
  // Ends a request that nothing was delivered for.
  [[nodiscard]] Result<std::optional<PayeeChange>> release(const RequestId& id);

  // The voucher that pays what is billed, if anything is left to pay: the earned one where it is
  // enough, else the held one, which may pay some of the payer's credit ahead.
  [[nodiscard]] std::optional<SignedVoucher> redeemable() const;
  // The voucher to redeem now, if it is time: enough is earned, the payer closes, or work is held
  // up by `unredeemed_max`. The same again until update() shows the payment, so the caller spaces
  // its attempts.
  [[nodiscard]] std::optional<SignedVoucher> due(UnixSeconds now) const;

  struct Agreement {
    FinalAmount amount;
    crypto::Ed25519Signature signature;
    PayeeChange change;
  };
  // Signs what is billed as the final amount; the same again later. kBusy while requests are open.
  [[nodiscard]] Result<Agreement> agree();

  [[nodiscard]] const PayeeRecord& record() const { return record_; }
  [[nodiscard]] const RequestRecord* find(const RequestId& id) const { return requests_.find(id); }
  // What the payer's next voucher has to come to for one more request of this most; kAmount.
  [[nodiscard]] Result<NanoTon> needed_for(NanoTon price_max) const;
  [[nodiscard]] NanoTon unredeemed() const;  // billed, not paid on chain

 private:
  Payee(const ProvenChannel& proven, const PayeeRecord& record, RequestBook requests,
        const PayeeIdentity& self, PayeeLimits limits)
      : proven_(proven),
        record_(record),
        requests_(std::move(requests)),
        self_(self),
        limits_(limits) {}

  [[nodiscard]] Status expect_backed() const;
  void draw_threshold(std::uint64_t random);
  void settle_earned();

  ProvenChannel proven_;
  PayeeRecord record_;
  RequestBook requests_;
  PayeeIdentity self_;
  PayeeLimits limits_;
  // Vouchers that are not used up, lowest first, the held one last. Only that one is on disk.
  std::deque<SignedVoucher> unearned_;
  NanoTon threshold_;
  bool is_held_up_ = false;  // a request was refused for what is not redeemed
};

// What a payee looks at before it serves a channel at all: payout address and key are its own, the
// payer leaves it time to redeem. kUnacceptable.
[[nodiscard]] Status accept_parameters(const ProvenChannel& proven, const PayeeIdentity& self,
                                       std::chrono::seconds close_delay_min);

}  // namespace cocoon::channel
