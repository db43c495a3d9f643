#include "provenance/bill.h"

#include <doctest/doctest.h>

#include <limits>
#include <optional>

#include "codec/cbor.h"
#include "cose/sign1.h"
#include "provenance/example_test.h"

namespace cocoon::provenance {
namespace {

using codec::Cbor;
using codec::Json;

Bytes payload_with(std::int64_t key, std::optional<Cbor> value) {
  const Cbor item = codec::decode_cbor(example::bill().encode()).value();
  Cbor::Map map = **item.as_map();
  std::erase_if(map, [&](const auto& entry) { return entry.first == Cbor::integer(key); });
  if (value) map.emplace_back(Cbor::integer(key), *std::move(value));
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Error decode_refusal(BytesView payload) {
  const Result<Bill> bill = Bill::decode(payload);
  REQUIRE_FALSE(bill.has_value());
  return bill.error();
}

TokenUsage usage(std::uint64_t input, std::uint64_t cached, std::uint64_t output,
                 std::uint64_t reasoning) {
  return {.input = TokenCount(input),
          .cached = TokenCount(cached),
          .output = TokenCount(output),
          .reasoning = TokenCount(reasoning)};
}

TEST_CASE("bill vector holds") {
  const Bill bill = example::bill();
  const Bytes document = sign_bill(bill, example::identity());
  example::check_vector(
      "tests/data/formats/bill.json",
      Json::object({
          {"identity_public_key", Json::string(example::identity().public_key().hex())},
          {"bill", Json::object({{"request_id", Json::string(bill.request_id.hex())},
                                 {"kid", Json::string(bill.kid.hex())},
                                 {"input_buckets", Json::number(bill.buckets.input)},
                                 {"cached_buckets", Json::number(bill.buckets.cached)},
                                 {"output_buckets", Json::number(bill.buckets.output)},
                                 {"reasoning_buckets", Json::number(bill.buckets.reasoning)},
                                 {"price_nano", Json::number(bill.price.nano())},
                                 {"status", Json::string(name_of(bill.status))},
                                 {"receipt_hash", Json::string(bill.receipt.hex())}})},
          {"payload", Json::string(to_hex(bill.encode()))},
          {"signed", Json::string(to_hex(document))},
      }));
}

TEST_CASE("wholes are rounded up to buckets, their parts down") {
  CHECK(buckets_of(usage(0, 0, 0, 0)) == TokenBuckets{});
  CHECK(buckets_of(usage(1, 1, 1, 1)) == TokenBuckets{1, 0, 1, 0});
  CHECK(buckets_of(usage(256, 256, 64, 64)) == TokenBuckets{1, 1, 1, 1});
  CHECK(buckets_of(usage(257, 257, 65, 65)) == TokenBuckets{2, 1, 2, 1});
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(buckets_of(usage(kMost, kMost, kMost, kMost)) ==
        TokenBuckets{std::uint64_t{1} << 56U, (std::uint64_t{1} << 56U) - 1,
                     std::uint64_t{1} << 58U, (std::uint64_t{1} << 58U) - 1});
}

TEST_CASE("bill decodes to what was signed") {
  const Bill bill = example::bill();
  CHECK(Bill::decode(bill.encode()) == bill);
  CHECK(verify_bill(sign_bill(bill, example::identity()), example::identity().public_key()) ==
        bill);
}

TEST_CASE("bill refuses any single changed bit") {
  const Bytes document = sign_bill(example::bill(), example::identity());
  for (std::size_t bit = 0; bit < document.size() * 8; ++bit) {
    Bytes changed = document;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CHECK_FALSE_MESSAGE(verify_bill(changed, example::identity().public_key()).has_value(), bit);
  }
}

TEST_CASE("bill and receipt do not stand in for one another") {
  const auto identity = example::identity();
  const auto key = identity.public_key();
  const Bytes receipt = sign_receipt(example::receipt(), identity).value();
  CHECK(verify_bill(receipt, key).error().is(ProvenanceError::kBadSignature));
  CHECK_FALSE(verify_receipt(sign_bill(example::bill(), identity), key).has_value());
  // A bill's payload signed as a receipt.
  const Bytes swapped = cose::sign1(identity, example::bill().encode(), label("cocoon/1 receipt"));
  CHECK(verify_bill(swapped, key).error().is(ProvenanceError::kBadSignature));
  CHECK(verify_receipt(swapped, key).error().is(ProvenanceError::kMalformed));
}

TEST_CASE("bill refuses another key") {
  const auto stranger =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32)).value());
  CHECK(verify_bill(sign_bill(example::bill(), stranger), example::identity().public_key())
            .error()
            .is(ProvenanceError::kBadSignature));
}

TEST_CASE("bill refuses other versions, missing, unknown and ill-formed fields") {
  REQUIRE(Bill::decode(payload_with(0, Cbor::integer(1))).has_value());
  CHECK(decode_refusal(payload_with(0, Cbor::integer(2))).is(ProvenanceError::kUnsupportedVersion));
  for (std::int64_t key = 0; key <= 9; ++key) {
    CHECK(decode_refusal(payload_with(key, std::nullopt)).is(ProvenanceError::kMalformed));
    CHECK(decode_refusal(payload_with(key, Cbor::null())).is(ProvenanceError::kMalformed));
  }
  CHECK(decode_refusal(payload_with(10, Cbor::integer(0))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(8, Cbor::integer(4))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(3, Cbor::integer(-1))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(9, Cbor::bytes(Bytes(33)))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(7, Cbor::unsigned_integer(std::uint64_t{1} << 63U)))
            .is(ProvenanceError::kMalformed));
  // Parts that exceed their wholes.
  CHECK(decode_refusal(payload_with(4, Cbor::integer(1'000))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(6, Cbor::integer(1'000))).is(ProvenanceError::kMalformed));
}

}  // namespace
}  // namespace cocoon::provenance
