#include "channel/terms.h"

#include "channel/vectors_test.h"
#include "codec/cbor.h"
#include "cose/sign1.h"

namespace cocoon::channel {
namespace {

using namespace cocoon::testing;
using codec::Cbor;

const codec::Json& vectors_of_terms() {
  static const codec::Json json = read_json("tests/data/formats/terms.json");
  return json;
}

crypto::Ed25519KeyPair signer() {
  return crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(hex(vectors_of_terms(), "seed")).value());
}

NanoTon nano(std::uint64_t value) { return NanoTon::from_nano(value).value(); }

WorkerTerms example() {
  return {.input = nano(1),
          .cached = nano(2),
          .output = nano(3),
          .reasoning = nano(4),
          .minimum = nano(5)};
}

Bytes numbers(std::initializer_list<std::uint64_t> values) {
  Cbor::Map map;
  for (const std::uint64_t value : values) {
    map.emplace_back(Cbor::unsigned_integer(map.size()), Cbor::unsigned_integer(value));
  }
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

TEST_CASE("a worker's terms are what another hand wrote and signed") {
  for (const codec::Json& vector : items(vectors_of_terms(), "worker_terms")) {
    const WorkerTerms terms{.input = nano(vectors::decimal(vector, "input")),
                            .cached = nano(vectors::decimal(vector, "cached")),
                            .output = nano(vectors::decimal(vector, "output")),
                            .reasoning = nano(vectors::decimal(vector, "reasoning")),
                            .minimum = nano(vectors::decimal(vector, "minimum"))};
    CHECK_EQ(to_hex(terms.encode().value()), text(vector, "payload"));
    CHECK_EQ(terms.hash().value().hex(), text(vector, "hash"));
    CHECK_EQ(to_hex(sign_terms(terms, signer()).value()), text(vector, "signed"));
    CHECK(verify_worker_terms(hex(vector, "signed"), signer().public_key()) == terms);
  }
}

TEST_CASE("a proxy's terms are what another hand wrote and signed") {
  for (const codec::Json& vector : items(vectors_of_terms(), "proxy_terms")) {
    const ProxyTerms terms{.fee_basis_points =
                               static_cast<std::uint16_t>(number(vector, "fee_basis_points"))};
    CHECK_EQ(to_hex(terms.encode().value()), text(vector, "payload"));
    CHECK_EQ(terms.hash().value().hex(), text(vector, "hash"));
    CHECK_EQ(to_hex(sign_terms(terms, signer()).value()), text(vector, "signed"));
    CHECK(verify_proxy_terms(hex(vector, "signed"), signer().public_key()) == terms);
  }
}

TEST_CASE("signed terms refuse any single changed bit, another key and the other kind") {
  const Bytes document = sign_terms(example(), signer()).value();
  for (std::size_t bit = 0; bit < document.size() * 8; ++bit) {
    Bytes changed = document;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CHECK_FALSE_MESSAGE(verify_worker_terms(changed, signer().public_key()).has_value(), bit);
  }
  CHECK(verify_worker_terms(document, vectors::key("payer_seed").public_key())
            .error()
            .is(ChannelError::kBadSignature));
  CHECK(
      verify_proxy_terms(document, signer().public_key()).error().is(ChannelError::kBadSignature));
  const Bytes swapped =
      cose::sign1(signer(), ProxyTerms{}.encode().value(), label("cocoon/1 terms"));
  CHECK(verify_worker_terms(swapped, signer().public_key()).error().is(ChannelError::kMalformed));
}

TEST_CASE("terms refuse other versions, missing and unknown fields") {
  REQUIRE(WorkerTerms::decode(numbers({1, 1, 2, 3, 4, 5})) == example());
  CHECK(WorkerTerms::decode(numbers({2, 1, 2, 3, 4, 5}))
            .error()
            .is(ChannelError::kUnsupportedVersion));
  CHECK(WorkerTerms::decode(numbers({1, 1, 2, 3, 4})).error().is(ChannelError::kMalformed));
  CHECK(WorkerTerms::decode(numbers({1, 1, 2, 3, 4, 5, 6})).error().is(ChannelError::kMalformed));
  CHECK(WorkerTerms::decode({}).error().is(ChannelError::kMalformed));
  CHECK(ProxyTerms::decode(numbers({1})).error().is(ChannelError::kMalformed));
  CHECK(ProxyTerms::decode(numbers({2, 1})).error().is(ChannelError::kUnsupportedVersion));
  CHECK(ProxyTerms::decode(numbers({1, 1, 1})).error().is(ChannelError::kMalformed));
}

TEST_CASE("absurd prices and fees are refused, read or written") {
  for (std::size_t field = 0; field < 5; ++field) {
    std::array<std::uint64_t, 5> prices{};
    const auto payload = [&] {
      return numbers({1, prices[0], prices[1], prices[2], prices[3], prices[4]});
    };
    prices[field] = kPriceNanoMax;
    CHECK(WorkerTerms::decode(payload()).has_value());
    prices[field] = kPriceNanoMax + 1;
    CHECK(WorkerTerms::decode(payload()).error().is(ChannelError::kAmount));
  }
  WorkerTerms dear = example();
  dear.minimum = nano(kPriceNanoMax + 1);
  CHECK(dear.encode().error().is(ChannelError::kAmount));
  CHECK(dear.hash().error().is(ChannelError::kAmount));
  CHECK(sign_terms(dear, signer()).error().is(ChannelError::kAmount));
  CHECK(ProxyTerms::decode(numbers({1, 10'000})).has_value());
  CHECK(ProxyTerms::decode(numbers({1, 10'001})).error().is(ChannelError::kAmount));
  CHECK(ProxyTerms{.fee_basis_points = 10'001}.encode().error().is(ChannelError::kAmount));
}

}  // namespace
}  // namespace cocoon::channel
