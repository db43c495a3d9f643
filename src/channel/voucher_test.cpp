#include "channel/voucher.h"

#include "channel/vectors_test.h"

namespace cocoon::channel {
namespace {

using namespace cocoon::testing;

Voucher example() {
  return {.channel = {.network = NetworkId(-239),
                      .address = {.workchain = -1, .account = ton::AccountId()},
                      .epoch = ChannelEpoch(7)},
          .seq = VoucherSeq(3),
          .cumulative = NanoTon::from_nano(NanoTon::kMax).value(),
          .context = {}};
}

ChannelId id_of(const codec::Json& document) {
  return {.network = vectors::network(document),
          .address = vectors::address(member(document, "channel")),
          .epoch = ChannelEpoch(static_cast<std::uint32_t>(number(document, "epoch")))};
}

TEST_CASE("vouchers are what another hand wrote, and what the contract's tests redeem") {
  const auto payer = vectors::key("payer_seed");
  std::size_t in_range = 0;
  for (const codec::Json& vector : items(vectors::all(), "vouchers")) {
    const Bytes bytes = hex(vector, "bytes");
    CHECK_EQ(to_hex(cell_hash_of(bytes)), text(vector, "cell_hash"));
    const Result<Voucher> voucher = Voucher::decode(bytes);
    if (text(vector, "cumulative_nano").size() > 19) {  // up to 120 bits in the format
      REQUIRE_FALSE(voucher.has_value());
      CHECK(voucher.error().is(ChannelError::kAmount));
      continue;
    }
    ++in_range;
    REQUIRE(voucher.has_value());
    CHECK(voucher->channel == id_of(vector));
    CHECK_EQ(voucher->seq.value(), vectors::decimal(vector, "seq"));
    CHECK_EQ(voucher->cumulative.nano(), vectors::decimal(vector, "cumulative_nano"));
    CHECK_EQ(voucher->context.hex(), text(vector, "context"));
    CHECK(equal(voucher->encode(), bytes));
    const SignedVoucher as_signed = sign_voucher(*voucher, payer);
    CHECK_EQ(as_signed.signature.hex(), text(vector, "signature"));
    CHECK(verify_voucher(as_signed, payer.public_key()).has_value());
    CHECK(parse_voucher_header(voucher_header(as_signed)) == as_signed);
  }
  CHECK_EQ(in_range, 4);
}

TEST_CASE("final amounts are what another hand wrote, signed by both ends") {
  const auto payer = vectors::key("payer_seed");
  const auto payee = vectors::key("payee_seed");
  for (const codec::Json& vector : items(vectors::all(), "final_amounts")) {
    const Bytes bytes = hex(vector, "bytes");
    const FinalAmount amount = FinalAmount::decode(bytes).value();
    CHECK(amount.channel == id_of(vector));
    CHECK_EQ(amount.amount.nano(), vectors::decimal(vector, "final_nano"));
    CHECK(equal(amount.encode(), bytes));
    CHECK_EQ(to_hex(cell_hash_of(bytes)), text(vector, "cell_hash"));
    CHECK_EQ(sign_final_amount(amount, payer).hex(), text(vector, "payer_signature"));
    CHECK_EQ(sign_final_amount(amount, payee).hex(), text(vector, "payee_signature"));
    CHECK(verify_final_amount(amount, sign_final_amount(amount, payee), payee.public_key()));
    CHECK_FALSE(verify_final_amount(amount, sign_final_amount(amount, payee), payer.public_key()));
  }
}

TEST_CASE("a voucher's signature breaks with any single changed bit") {
  const auto payer = vectors::key("payer_seed");
  const Bytes document = sign_voucher(example(), payer).encode();
  REQUIRE(SignedVoucher::decode(document).has_value());
  for (std::size_t bit = 0; bit < document.size() * 8; ++bit) {
    Bytes changed = document;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto read = SignedVoucher::decode(changed);
    CHECK_FALSE_MESSAGE((read && verify_voucher(*read, payer.public_key())), bit);
  }
}

TEST_CASE("vouchers of other lengths and kinds and amounts over the coin's range are refused") {
  Bytes bytes = to_bytes(example().encode());
  CHECK(Voucher::decode(bytes) == example());
  CHECK_FALSE(Voucher::decode(BytesView(bytes).first(99)).has_value());
  bytes.push_back({});
  CHECK(Voucher::decode(bytes).error().is(ChannelError::kMalformed));
  bytes.pop_back();
  bytes[3] = std::byte{'2'};
  CHECK(Voucher::decode(bytes).error().is(ChannelError::kUnsupportedVersion));
  bytes[3] = std::byte{'1'};
  constexpr std::size_t kCumulativeAt = 53;
  bytes[kCumulativeAt] = std::byte{1};
  CHECK(Voucher::decode(bytes).error().is(ChannelError::kAmount));
  bytes[kCumulativeAt] = {};
  bytes[kCumulativeAt + 7] = std::byte{0x80};
  CHECK(Voucher::decode(bytes).error().is(ChannelError::kAmount));
}

TEST_CASE("a final amount does not stand in for a voucher") {
  const FinalAmount amount{.channel = example().channel, .amount = {}};
  CHECK_FALSE(Voucher::decode(amount.encode()).has_value());
  CHECK(FinalAmount::decode(amount.encode()) == amount);
}

TEST_CASE("a header is base64 of voucher and signature, and nothing else") {
  const SignedVoucher voucher = sign_voucher(example(), vectors::key("payer_seed"));
  const std::string text = voucher_header(voucher);
  CHECK_EQ(text.size(), 220);
  CHECK_FALSE(parse_voucher_header("").has_value());
  CHECK_FALSE(parse_voucher_header(text.substr(0, 216)).has_value());
  CHECK_FALSE(parse_voucher_header(text + "AAAA").has_value());
  CHECK_FALSE(parse_voucher_header(" " + text).has_value());
}

}  // namespace
}  // namespace cocoon::channel
