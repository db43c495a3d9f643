#pragma once

#include "channel/books.h"

namespace cocoon::channel {

struct PayerLimits {
  // What may be lost to this payee in all: signed and not billed, and what it once forgot.
  NanoTon exposure_max;
  // Signed ahead of what is asked for, within the other bounds: several requests per signature.
  NanoTon step = {};
  RequestLimits requests = {};
};

// The paying end of one channel. Every step that returns a change is to be persisted before its
// result leaves; if that fails, this object is to be dropped and made anew from what is on disk.
// Not for two threads at once.
class Payer {
 public:
  // `key` outlives the payer. kOtherChannel if the books are of another channel than the proven
  // one; kUnacceptable if this key signs no vouchers there; kBadSignature for a voucher on the
  // books that it did not sign.
  [[nodiscard]] static Result<Payer> create(const ProvenChannel& proven, const PayerBooks& books,
                                            const crypto::Ed25519KeyPair& key, PayerLimits limits);

  // Newer proven state; as expect_newer(). Under another epoch, all that was signed is worth
  // nothing.
  [[nodiscard]] Status update(const ProvenChannel& proven);

  struct Authorisation {
    SignedVoucher voucher;
    std::optional<PayerChange> change;  // none if nothing changed
  };
  // A voucher that covers this request's most on top of all that is billed or set aside; the one
  // before if its unused credit is enough. Again for the same id: brings the voucher up to what is
  // owed. kClosing, kBusy, kExposure, kDeposit; kConflict for an id that is closed or had another
  // most.
  [[nodiscard]] Result<Authorisation> authorise(const RequestId& id, NanoTon price_max,
                                                const TermsHash& context);
  // Takes a bill, which the caller verified; late and repeated ones too. What was not used up is
  // credit for the next request. kUnknownRequest, kOverbilled; kConflict for a second, other price.
  [[nodiscard]] Result<std::optional<PayerChange>> commit(const RequestId& id, NanoTon price);
  // Ends a request that got no bill. It costs nothing unless its bill still comes.
  [[nodiscard]] Result<std::optional<PayerChange>> release(const RequestId& id);

  // A voucher that the payee says it holds, and what it says it billed. If this key signed it and
  // the books do not know it, the books are old: it takes their place, and the payee's word is
  // taken for what of it is spent, which costs no more than the exposure that was allowed. All
  // requests are forgotten: their bills may be in that sum.
  [[nodiscard]] Result<std::optional<PayerChange>> adopt(const SignedVoucher& presented,
                                                         NanoTon billed);
  // Gives up the credit with a payee that forgot it. It counts as exposure for good.
  [[nodiscard]] PayerChange write_off();

  struct Agreement {
    FinalAmount amount;
    crypto::Ed25519Signature signature;
    PayerChange change;
  };
  // Signs the final amount that the payee signed. kBusy while requests are open; kOverbilled if it
  // is more than what is spent and what is paid already.
  [[nodiscard]] Result<Agreement> agree(const FinalAmount& amount,
                                        const crypto::Ed25519Signature& payee);

  [[nodiscard]] const PayerRecord& record() const { return record_; }
  [[nodiscard]] const RequestRecord* find(const RequestId& id) const { return requests_.find(id); }
  [[nodiscard]] NanoTon signed_for() const;  // cumulative of the last voucher
  [[nodiscard]] NanoTon credit() const;      // signed, neither spent nor set aside
  [[nodiscard]] NanoTon at_stake() const;    // signed and not billed, and written off

 private:
  Payer(const ProvenChannel& proven, const PayerRecord& record, RequestBook requests,
        const crypto::Ed25519KeyPair& key, PayerLimits limits)
      : proven_(proven),
        record_(record),
        requests_(std::move(requests)),
        key_(&key),
        limits_(limits) {}

  // The cumulative that a voucher for `needed` would have.
  [[nodiscard]] Result<NanoTon> bounded(NanoTon needed) const;
  [[nodiscard]] Result<SignedVoucher> sign(NanoTon cumulative, const TermsHash& context,
                                           VoucherSeq after) const;

  ProvenChannel proven_;
  PayerRecord record_;
  RequestBook requests_;
  const crypto::Ed25519KeyPair* key_;
  PayerLimits limits_;
};

}  // namespace cocoon::channel
