#include "channel/payer.h"

#include <doctest/doctest.h>

#include "channel/example_test.h"

namespace cocoon::channel {
namespace {

using example::nano;
using example::request;

Payer payer_of(const PayerBooks& books, std::uint64_t exposure_max = 1'000,
               std::uint64_t step = 0) {
  return Payer::create(example::open_channel(10'000), books, example::payer_key(),
                       {.exposure_max = nano(exposure_max), .step = nano(step), .requests = {}})
      .value();
}

Payer fresh(std::uint64_t exposure_max = 1'000, std::uint64_t step = 0) {
  return payer_of(example::fresh_payer(example::open_channel(10'000)), exposure_max, step);
}

std::uint64_t cumulative(const Result<Payer::Authorisation>& result) {
  REQUIRE(result.has_value());
  return result->voucher.voucher.cumulative.nano();
}

Voucher voucher_in(const ChannelId& channel) {
  return {.channel = channel, .seq = VoucherSeq(1), .cumulative = nano(1), .context = {}};
}

template <class T>
void check_refused(const Result<T>& result, ChannelError code) {
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().is(code));
}

TEST_CASE("a voucher covers what is billed, what is set aside and the new request") {
  Payer payer = fresh();
  const auto first = payer.authorise(request(1), nano(100), {}).value();
  CHECK(first.voucher.voucher.seq == VoucherSeq(1));
  CHECK(first.voucher.voucher.channel == example::open_channel(10'000).id);
  CHECK(verify_voucher(first.voucher, example::payer_key().public_key()).has_value());
  CHECK(first.change.value().record.latest == first.voucher);
  CHECK(first.change.value().request.value().price_max == nano(100));
  CHECK_EQ(cumulative(payer.authorise(request(2), nano(50), {})), 150);
  REQUIRE(payer.commit(request(1), nano(30)).has_value());
  CHECK(payer.credit() == nano(70));
  CHECK(payer.at_stake() == nano(120));
}

TEST_CASE("unused credit pays for the next request, under the same voucher") {
  Payer payer = fresh();
  const auto first = payer.authorise(request(1), nano(100), {}).value();
  REQUIRE(payer.commit(request(1), nano(30)).has_value());
  const auto second = payer.authorise(request(2), nano(70), {}).value();
  CHECK(second.voucher == first.voucher);
  CHECK(second.change.has_value());  // the request is new all the same
  CHECK_EQ(cumulative(payer.authorise(request(3), nano(1), {})), 101);
}

TEST_CASE("a step ahead saves signatures, within deposit and exposure") {
  Payer payer = fresh(1'000, 500);
  CHECK_EQ(cumulative(payer.authorise(request(1), nano(100), {})), 600);
  CHECK_EQ(cumulative(payer.authorise(request(2), nano(100), {})), 600);
  CHECK_EQ(cumulative(payer.authorise(request(3), nano(450), {})), 1'000);
}

TEST_CASE("other terms get a voucher of their own") {
  Payer payer = fresh();
  REQUIRE(payer.authorise(request(1), nano(100), {}).has_value());
  REQUIRE(payer.commit(request(1), nano(0)).has_value());
  const TermsHash terms(ByteArray<32>{std::byte{1}});
  const auto second = payer.authorise(request(2), nano(10), terms).value();
  CHECK(second.voucher.voucher.context == terms);
  CHECK(second.voucher.voucher.seq == VoucherSeq(2));
  CHECK(second.voucher.voucher.cumulative == nano(100));
}

TEST_CASE("no more is at stake than allowed, and no more signed than deposited") {
  Payer payer = fresh(1'000);
  CHECK_EQ(cumulative(payer.authorise(request(1), nano(1'000), {})), 1'000);
  check_refused(payer.authorise(request(2), nano(1), {}), ChannelError::kExposure);
  REQUIRE(payer.commit(request(1), nano(600)).has_value());
  CHECK_EQ(cumulative(payer.authorise(request(3), nano(1'000), {})), 1'600);
  check_refused(payer.authorise(request(4), nano(1), {}), ChannelError::kExposure);

  Payer rich = fresh(NanoTon::kMax);
  CHECK_EQ(cumulative(rich.authorise(request(1), nano(10'000), {})), 10'000);
  check_refused(rich.authorise(request(2), nano(1), {}), ChannelError::kDeposit);
  check_refused(rich.authorise(request(2), nano(NanoTon::kMax), {}), ChannelError::kAmount);
}

TEST_CASE("authorising again is the same voucher, or one that makes up for late bills") {
  Payer payer = fresh();
  const auto first = payer.authorise(request(1), nano(100), {}).value();
  const auto again = payer.authorise(request(1), nano(100), {}).value();
  CHECK(again.voucher == first.voucher);
  CHECK_FALSE(again.change.has_value());
  check_refused(payer.authorise(request(1), nano(101), {}), ChannelError::kConflict);
  REQUIRE(payer.release(request(1)).has_value());
  check_refused(payer.authorise(request(1), nano(100), {}), ChannelError::kConflict);

  CHECK_EQ(cumulative(payer.authorise(request(2), nano(100), {})), 100);
  REQUIRE(payer.commit(request(1), nano(40)).has_value());  // late
  CHECK_EQ(cumulative(payer.authorise(request(2), nano(100), {})), 140);
}

TEST_CASE("a bill counts once, within what was authorised") {
  Payer payer = fresh();
  check_refused(payer.commit(request(1), nano(0)), ChannelError::kUnknownRequest);
  REQUIRE(payer.authorise(request(1), nano(100), {}).has_value());
  check_refused(payer.commit(request(1), nano(101)), ChannelError::kOverbilled);
  CHECK(payer.commit(request(1), nano(100)).value().has_value());
  CHECK_FALSE(payer.commit(request(1), nano(100)).value().has_value());
  check_refused(payer.commit(request(1), nano(99)), ChannelError::kConflict);
  CHECK(payer.record().spent == nano(100));
}

TEST_CASE("late bills cannot come to more than was signed") {
  Payer payer = fresh();
  REQUIRE(payer.authorise(request(1), nano(100), {}).has_value());
  REQUIRE(payer.release(request(1)).has_value());
  REQUIRE(payer.authorise(request(2), nano(100), {}).has_value());
  REQUIRE(payer.commit(request(2), nano(100)).has_value());
  check_refused(payer.commit(request(1), nano(1)), ChannelError::kOverbilled);
}

TEST_CASE("old requests are forgotten one by one") {
  PayerBooks books = example::fresh_payer(example::open_channel(10'000));
  Payer payer =
      Payer::create(
          example::open_channel(10'000), books, example::payer_key(),
          {.exposure_max = nano(1'000), .step = {}, .requests = {.open_max = 2, .closed_max = 1}})
          .value();
  REQUIRE(payer.authorise(request(1), nano(1), {}).has_value());
  REQUIRE(payer.authorise(request(2), nano(1), {}).has_value());
  check_refused(payer.authorise(request(3), nano(1), {}), ChannelError::kBusy);
  CHECK_FALSE(payer.commit(request(1), nano(1)).value().value().forgotten.has_value());
  CHECK(payer.commit(request(2), nano(1)).value().value().forgotten == request(1));
  check_refused(payer.commit(request(1), nano(1)), ChannelError::kUnknownRequest);
}

TEST_CASE("lost books are made good by the highest voucher that is presented") {
  Payer before = fresh();
  PayerBooks old = example::fresh_payer(example::open_channel(10'000));
  REQUIRE(before.authorise(request(1), nano(100), {}).has_value());
  REQUIRE(before.commit(request(1), nano(60)).has_value());
  const auto newest = before.authorise(request(2), nano(90), {}).value().voucher;

  Payer after = payer_of(old);
  REQUIRE(after.adopt(newest, nano(60)).value().has_value());
  CHECK(after.record().spent == nano(60));
  CHECK(after.record().latest == newest);
  CHECK_FALSE(after.adopt(newest, nano(150)).value().has_value());
  CHECK(after.record().spent == nano(60));
  const auto next = after.authorise(request(3), nano(100), {}).value();
  CHECK(next.voucher.voucher.seq == VoucherSeq(3));
  CHECK(next.voucher.voucher.cumulative == nano(160));

  // A payee's word is worth no more than what was signed.
  Payer fooled = payer_of(old);
  REQUIRE(fooled.adopt(newest, nano(NanoTon::kMax)).has_value());
  CHECK(fooled.record().spent == newest.voucher.cumulative);
}

TEST_CASE("numbers that went on after a loss end in one voucher above all") {
  Payer payer = fresh();
  const auto mine = payer.authorise(request(1), nano(500), {}).value().voucher;
  const SignedVoucher other = sign_voucher({.channel = mine.voucher.channel,
                                            .seq = VoucherSeq(7),
                                            .cumulative = nano(20),
                                            .context = {}},
                                           example::payer_key());
  REQUIRE(payer.adopt(other, nano(20)).value().has_value());
  const auto& latest = payer.record().latest.value().voucher;
  CHECK(latest.seq == VoucherSeq(8));
  CHECK(latest.cumulative == nano(500));
}

TEST_CASE("vouchers of others, other channels and other lives are not adopted") {
  Payer payer = fresh();
  Voucher voucher{.channel = example::open_channel(1).id,
                  .seq = VoucherSeq(9),
                  .cumulative = nano(9),
                  .context = {}};
  check_refused(payer.adopt(sign_voucher(voucher, example::payee_key()), {}),
                ChannelError::kBadSignature);
  for (int field = 0; field < 3; ++field) {
    Voucher elsewhere = voucher;
    if (field == 0) elsewhere.channel.network = NetworkId(-3);
    if (field == 1) elsewhere.channel.address.workchain = -1;
    if (field == 2) elsewhere.channel.epoch = ChannelEpoch(1);
    check_refused(payer.adopt(sign_voucher(elsewhere, example::payer_key()), {}),
                  ChannelError::kOtherChannel);
  }
}

TEST_CASE("credit that a payee forgot counts as lost, for good") {
  Payer payer = fresh(1'000);
  REQUIRE(payer.authorise(request(1), nano(400), {}).has_value());
  REQUIRE(payer.commit(request(1), nano(100)).has_value());
  const PayerChange change = payer.write_off();
  CHECK(change.record.written_off == nano(300));
  CHECK(change.record.spent == nano(400));
  check_refused(payer.authorise(request(2), nano(701), {}), ChannelError::kExposure);
  CHECK_EQ(cumulative(payer.authorise(request(2), nano(700), {})), 1'100);
}

TEST_CASE("both sign one final amount, no more than was billed, and then it is over") {
  Payer payer = fresh();
  REQUIRE(payer.authorise(request(1), nano(100), {}).has_value());
  const auto final_of = [&](std::uint64_t amount) {
    return FinalAmount{.channel = payer.record().channel, .amount = nano(amount)};
  };
  const auto agree = [&](const FinalAmount& amount) {
    return payer.agree(amount, sign_final_amount(amount, example::payee_key()));
  };
  check_refused(agree(final_of(60)), ChannelError::kBusy);
  REQUIRE(payer.commit(request(1), nano(60)).has_value());
  check_refused(agree(final_of(61)), ChannelError::kOverbilled);
  check_refused(payer.agree(final_of(60), {}), ChannelError::kBadSignature);
  FinalAmount elsewhere = final_of(60);
  elsewhere.channel.epoch = ChannelEpoch(1);
  check_refused(agree(elsewhere), ChannelError::kOtherChannel);
  const auto agreed = agree(final_of(60)).value();
  CHECK(verify_final_amount(agreed.amount, agreed.signature, example::payer_key().public_key()));
  CHECK(agreed.change.record.agreed == nano(60));
  CHECK(agree(final_of(60)).has_value());
  check_refused(agree(final_of(59)), ChannelError::kConflict);
  check_refused(payer.authorise(request(2), nano(1), {}), ChannelError::kClosing);
}

TEST_CASE("a payer starts with books, key and state of one channel") {
  ProvenChannel proven = example::open_channel(10'000);
  PayerBooks books = example::fresh_payer(proven);
  const auto create = [&](const crypto::Ed25519KeyPair& key) {
    return Payer::create(proven, books, key, {.exposure_max = nano(1), .step = {}, .requests = {}});
  };
  CHECK(create(example::payer_key()).has_value());
  check_refused(create(example::payee_key()), ChannelError::kUnacceptable);
  books.record.latest = sign_voucher(voucher_in(proven.id), example::payee_key());
  check_refused(create(example::payer_key()), ChannelError::kBadSignature);
  books.record.latest = sign_voucher(voucher_in({}), example::payer_key());
  check_refused(create(example::payer_key()), ChannelError::kOtherChannel);
  books = {};
  check_refused(create(example::payer_key()), ChannelError::kOtherChannel);
}

TEST_CASE("states of another life, and older ones, are refused") {
  Payer payer = fresh();
  ProvenChannel proven = example::open_channel(20'000);
  REQUIRE(payer.update(proven).has_value());
  CHECK(payer.update(example::open_channel(10'000)).error().is(ChannelError::kConflict));
  proven.id.epoch = ChannelEpoch(5);
  CHECK(payer.update(proven).error().is(ChannelError::kOtherChannel));
  proven = example::open_channel(20'000);
  proven.state.status = ChannelStatus::kClosing;
  REQUIRE(payer.update(proven).has_value());
  check_refused(payer.authorise(request(1), nano(1), {}), ChannelError::kClosing);
}

}  // namespace
}  // namespace cocoon::channel
