#include "channel/payee.h"

#include <doctest/doctest.h>

#include "channel/example_test.h"

namespace cocoon::channel {
namespace {

using example::nano;
using example::request;

constexpr UnixSeconds kNow{1'800'000'100};

PayeeLimits limits() {
  return {.unredeemed_max = nano(1'000), .redeem_at = nano(100), .requests = {}};
}

Payee payee_of(const ProvenChannel& proven, const PayeeBooks& books) {
  return Payee::create(proven, books, example::payee_identity(), limits(), 0).value();
}

Payee fresh() {
  const ProvenChannel proven = example::open_channel(10'000);
  return payee_of(proven, example::fresh_payee(proven));
}

SignedVoucher voucher(std::uint64_t seq, std::uint64_t cumulative) {
  return sign_voucher({.channel = example::open_channel(1).id,
                       .seq = VoucherSeq(seq),
                       .cumulative = nano(cumulative),
                       .context = {}},
                      example::payer_key());
}

template <class T>
void check_refused(const Result<T>& result, ChannelError code) {
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().is(code));
}

TEST_CASE("only what vouchers cover is worked for") {
  Payee payee = fresh();
  check_refused(payee.reserve(request(1), nano(1)), ChannelError::kUncovered);
  REQUIRE(payee.present(voucher(1, 100)).value().has_value());
  CHECK(payee.reserve(request(1), nano(60)).value().request.value().price_max == nano(60));
  check_refused(payee.reserve(request(2), nano(41)), ChannelError::kUncovered);
  CHECK(payee.needed_for(nano(41)).value() == nano(101));
  REQUIRE(payee.reserve(request(2), nano(40)).has_value());
  REQUIRE(payee.bill(request(1), nano(20)).has_value());
  check_refused(payee.reserve(request(3), nano(41)), ChannelError::kUncovered);
  CHECK(payee.reserve(request(3), nano(40)).has_value());
  check_refused(payee.needed_for(nano(NanoTon::kMax)), ChannelError::kAmount);
}

TEST_CASE("a request id buys work once") {
  Payee payee = fresh();
  REQUIRE(payee.present(voucher(1, 500)).has_value());
  REQUIRE(payee.reserve(request(1), nano(100)).has_value());
  check_refused(payee.reserve(request(1), nano(100)), ChannelError::kConflict);
  REQUIRE(payee.bill(request(1), nano(50)).value().has_value());
  check_refused(payee.reserve(request(1), nano(100)), ChannelError::kConflict);
  CHECK_FALSE(payee.bill(request(1), nano(50)).value().has_value());
  check_refused(payee.bill(request(1), nano(51)), ChannelError::kConflict);
  check_refused(payee.release(request(1)), ChannelError::kConflict);
  CHECK(payee.record().billed == nano(50));
  REQUIRE(payee.reserve(request(2), nano(100)).has_value());
  check_refused(payee.bill(request(2), nano(101)), ChannelError::kOverbilled);
  CHECK(payee.release(request(2)).value().has_value());
  CHECK_FALSE(payee.release(request(2)).value().has_value());
  check_refused(payee.bill(request(2), nano(1)), ChannelError::kConflict);
  check_refused(payee.bill(request(3), nano(1)), ChannelError::kUnknownRequest);
}

TEST_CASE("one number is one voucher, and numbers rise with amounts") {
  Payee payee = fresh();
  const SignedVoucher second = voucher(2, 200);
  REQUIRE(payee.present(second).value().has_value());
  CHECK_FALSE(payee.present(second).value().has_value());
  check_refused(payee.present(voucher(2, 300)), ChannelError::kConflict);
  check_refused(payee.present(voucher(3, 199)), ChannelError::kConflict);
  check_refused(payee.present(voucher(1, 201)), ChannelError::kConflict);
  CHECK_FALSE(payee.present(voucher(1, 150)).value().has_value());  // overtaken on the way
  CHECK(payee.record().held == second);
  REQUIRE(payee.present(voucher(9, 200)).has_value());
  CHECK(payee.record().held == voucher(9, 200));
}

TEST_CASE("vouchers of others, other networks, channels and lives are refused") {
  Payee payee = fresh();
  check_refused(payee.present(sign_voucher(voucher(1, 1).voucher, example::payee_key())),
                ChannelError::kBadSignature);
  for (int field = 0; field < 3; ++field) {
    Voucher elsewhere = voucher(1, 1).voucher;
    if (field == 0) elsewhere.channel.network = NetworkId(-3);
    if (field == 1) elsewhere.channel.address.workchain = -1;
    if (field == 2) elsewhere.channel.epoch = ChannelEpoch(1);
    check_refused(payee.present(sign_voucher(elsewhere, example::payer_key())),
                  ChannelError::kOtherChannel);
  }
  CHECK_FALSE(payee.record().held.has_value());
}

TEST_CASE("a voucher over the deposit counts for the deposit") {
  const ProvenChannel proven = example::open_channel(50);
  Payee payee = payee_of(proven, example::fresh_payee(proven));
  REQUIRE(payee.present(voucher(1, 1'000)).has_value());
  check_refused(payee.reserve(request(1), nano(51)), ChannelError::kDeposit);
  CHECK(payee.reserve(request(1), nano(50)).has_value());
}

TEST_CASE("a balance that storage ate into is refused until a top-up") {
  ProvenChannel proven = example::open_channel(10'000);
  proven.balance = nano(proven.balance.nano() - 1);
  Payee payee = payee_of(proven, example::fresh_payee(proven));
  REQUIRE(payee.present(voucher(1, 100)).has_value());
  check_refused(payee.reserve(request(1), nano(1)), ChannelError::kDeposit);
  REQUIRE(payee.update(example::open_channel(10'000), 0).has_value());
  CHECK(payee.reserve(request(1), nano(1)).has_value());
}

TEST_CASE("what is earned is redeemed from a threshold on that is drawn anew") {
  ProvenChannel proven = example::open_channel(10'000);
  const auto threshold_with = [&](std::uint64_t random) {
    Payee payee = Payee::create(proven, example::fresh_payee(proven), example::payee_identity(),
                                limits(), random)
                      .value();
    for (std::uint64_t i = 1;; ++i) {
      REQUIRE(i < 300);
      REQUIRE(payee.present(voucher(i, i)).has_value());
      REQUIRE(payee.reserve(request(i), nano(1)).has_value());
      REQUIRE(payee.bill(request(i), nano(1)).has_value());
      if (payee.due(kNow)) {
        CHECK(payee.due(kNow)->voucher.cumulative == nano(i));
        return i;
      }
    }
  };
  CHECK_EQ(threshold_with(0), 100);
  CHECK_EQ(threshold_with(42), 142);
  CHECK_EQ(threshold_with(199), 199);
  CHECK_EQ(threshold_with(200), 100);
}

TEST_CASE("only used-up vouchers are redeemed while work goes on") {
  ProvenChannel proven = example::open_channel(10'000);
  Payee payee = fresh();
  REQUIRE(payee.present(voucher(1, 150)).has_value());
  REQUIRE(payee.reserve(request(1), nano(150)).has_value());
  REQUIRE(payee.bill(request(1), nano(140)).has_value());
  CHECK_FALSE(payee.due(kNow).has_value());
  REQUIRE(payee.present(voucher(2, 290)).has_value());
  REQUIRE(payee.reserve(request(2), nano(150)).has_value());
  REQUIRE(payee.bill(request(2), nano(30)).has_value());
  CHECK(payee.due(kNow) == voucher(1, 150));
  example::redeem(proven, *payee.due(kNow));
  REQUIRE(payee.update(proven, 0).has_value());
  CHECK_FALSE(payee.due(kNow).has_value());
  CHECK(payee.unredeemed() == nano(20));
}

TEST_CASE("too much that is not redeemed holds new work up, and is redeemed then") {
  ProvenChannel proven = example::open_channel(10'000);
  Payee payee = fresh();
  REQUIRE(payee.present(voucher(1, 2'000)).has_value());
  REQUIRE(payee.reserve(request(1), nano(900)).has_value());
  REQUIRE(payee.bill(request(1), nano(900)).has_value());
  CHECK_FALSE(payee.due(kNow).has_value());  // the one voucher is not used up
  check_refused(payee.reserve(request(2), nano(101)), ChannelError::kExposure);
  CHECK(payee.due(kNow) == voucher(1, 2'000));
  example::redeem(proven, *payee.due(kNow));
  REQUIRE(payee.update(proven, 0).has_value());
  CHECK_FALSE(payee.due(kNow).has_value());
  CHECK(payee.reserve(request(2), nano(101)).has_value());
}

TEST_CASE("when the payer closes, no work is taken and what is billed is redeemed") {
  ProvenChannel proven = example::open_channel(10'000);
  Payee payee = fresh();
  REQUIRE(payee.present(voucher(1, 100)).has_value());
  REQUIRE(payee.reserve(request(1), nano(50)).has_value());
  REQUIRE(payee.reserve(request(2), nano(50)).has_value());
  REQUIRE(payee.bill(request(1), nano(5)).has_value());
  CHECK_FALSE(payee.due(kNow).has_value());
  proven.state.status = ChannelStatus::kClosing;
  proven.state.closes_at = UnixSeconds(kNow.value() + 24 * 3600);
  REQUIRE(payee.update(proven, 0).has_value());
  check_refused(payee.reserve(request(3), nano(1)), ChannelError::kClosing);
  CHECK_FALSE(payee.due(kNow).has_value());  // the second may still add to it
  CHECK(payee.due(UnixSeconds(kNow.value() + 23 * 3600)) == voucher(1, 100));
  REQUIRE(payee.release(request(2)).has_value());
  CHECK(payee.due(kNow) == voucher(1, 100));
  example::redeem(proven, *payee.due(kNow));
  REQUIRE(payee.update(proven, 0).has_value());
  CHECK_FALSE(payee.due(kNow).has_value());
}

TEST_CASE("a payee signs what it billed as the final amount, once") {
  Payee payee = fresh();
  REQUIRE(payee.present(voucher(1, 100)).has_value());
  REQUIRE(payee.reserve(request(1), nano(100)).has_value());
  check_refused(payee.agree(), ChannelError::kBusy);
  REQUIRE(payee.bill(request(1), nano(33)).has_value());
  const auto agreed = payee.agree().value();
  CHECK(agreed.amount.amount == nano(33));
  CHECK(agreed.change.record.agreed == nano(33));
  CHECK(verify_final_amount(agreed.amount, agreed.signature, example::payee_key().public_key()));
  CHECK(payee.agree().value().signature == agreed.signature);
  check_refused(payee.reserve(request(2), nano(1)), ChannelError::kClosing);
}

TEST_CASE("without books, only what comes on top of a kept voucher or of what was paid buys work") {
  ProvenChannel proven = example::open_channel(10'000);
  example::redeem(proven, voucher(1, 300));
  Payee from_chain = payee_of(proven, Payee::baseline(proven, {}));
  REQUIRE(from_chain.present(voucher(1, 300)).has_value());
  check_refused(from_chain.reserve(request(1), nano(1)), ChannelError::kUncovered);

  Payee from_kept = payee_of(proven, Payee::baseline(proven, voucher(2, 450)));
  check_refused(from_kept.reserve(request(1), nano(1)), ChannelError::kUncovered);
  CHECK(from_kept.due(kNow) == voucher(2, 450));
  REQUIRE(from_kept.present(voucher(3, 460)).has_value());
  CHECK(from_kept.reserve(request(1), nano(10)).has_value());
}

TEST_CASE("a payee starts with parameters, limits and books that fit") {
  const auto create = [&](const ProvenChannel& proven, const PayeeBooks& books,
                          const PayeeLimits& with) {
    return Payee::create(proven, books, example::payee_identity(), with, 0);
  };
  const ProvenChannel proven = example::open_channel(1);
  const PayeeBooks books = example::fresh_payee(proven);
  CHECK(create(proven, books, limits()).has_value());
  ProvenChannel other = proven;
  other.state.parameters.payee.account = ton::AccountId(ByteArray<32>{std::byte{1}});
  check_refused(create(other, books, limits()), ChannelError::kUnacceptable);
  other = proven;
  other.state.parameters.payee_key = {};
  check_refused(create(other, books, limits()), ChannelError::kUnacceptable);
  other = proven;
  other.state.parameters.close_delay = std::chrono::hours(23);
  check_refused(create(other, books, limits()), ChannelError::kUnacceptable);
  other = proven;
  other.id.epoch = ChannelEpoch(1);
  check_refused(create(other, books, limits()), ChannelError::kOtherChannel);
  PayeeLimits tight = limits();
  tight.unredeemed_max = nano(199);
  check_refused(create(proven, books, tight), ChannelError::kUnacceptable);
  tight.redeem_at = {};
  check_refused(create(proven, books, tight), ChannelError::kUnacceptable);
  PayeeBooks forged = books;
  forged.record.held = sign_voucher(voucher(1, 1).voucher, example::payee_key());
  check_refused(create(proven, forged, limits()), ChannelError::kBadSignature);
  PayeeBooks twice = books;
  const RequestRecord record{.id = request(1), .price_max = nano(1), .price = {}};
  twice.requests = {record, record};
  check_refused(create(proven, twice, limits()), ChannelError::kConflict);
}

}  // namespace
}  // namespace cocoon::channel
