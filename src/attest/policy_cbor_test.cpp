#include "attest/policy_cbor.h"

#include <doctest/doctest.h>

#include "attest/statement.h"
#include "codec/cbor.h"
#include "tests/support/vectors.h"

using namespace cocoon;
using namespace cocoon::attest;
using codec::Cbor;

namespace {

// Of a policy with something in each list, by another encoder (tests/oracles/formats/policy.py).
Bytes vector() {
  return testing::hex(testing::read_json("tests/data/formats/policy.json"), "policy_cbor");
}

Policy with_exception(intel::TcbStatus status) {
  Policy policy = decode_policy(vector()).value();
  policy.exceptions = {{.status = status, .advisories = {}, .until = UnixSeconds(1)}};
  return policy;
}

}  // namespace

TEST_CASE("a policy decodes to what was encoded") {
  const Bytes bytes = vector();
  const auto policy = decode_policy(bytes);
  if (!policy) MESSAGE(policy.error().message());
  REQUIRE(policy.has_value());
  CHECK_EQ(encode_policy(*policy), bytes);
  CHECK_EQ(policy->hash().hex(),
           testing::text(testing::read_json("tests/data/formats/policy.json"), "policy_hash"));
  CHECK_EQ(policy->images.size(), 2);
  CHECK_EQ(policy->snp_images.size(), 2);
  CHECK_EQ(policy->exceptions.size(), 1);
  CHECK_EQ(policy->snp.guests.turin_tcb_min->microcode, 72);
  CHECK_FALSE(policy->snp.guests.genoa_tcb_min.has_value());
  CHECK_EQ(decode_policy(encode_policy(Policy()))->hash(), Policy().hash());
}

TEST_CASE("a policy's lists have one order on the wire") {
  Policy policy = decode_policy(vector()).value();
  std::ranges::reverse(policy.images);
  std::ranges::reverse(policy.roots);
  std::ranges::reverse(policy.snp_images);
  CHECK_EQ(encode_policy(policy), vector());
}

TEST_CASE("a policy with one flipped bit is refused or another policy") {
  const Bytes bytes = vector();
  const PolicyHash hash = decode_policy(bytes)->hash();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes bad = bytes;
    bad[bit / 8] ^= std::byte{1} << (bit % 8);
    const auto policy = decode_policy(bad);
    CHECK_MESSAGE((!policy || policy->hash() != hash), bit);
    if (!policy) {
      CHECK((policy.error().is(AttestError::kMalformed) ||
             policy.error().is(AttestError::kUnsupported)));
    }
  }
}

TEST_CASE("a policy that could not be written is refused") {
  using intel::TcbStatus;
  CHECK(decode_policy(encode_policy(with_exception(TcbStatus::kOutOfDate))).has_value());
  for (const TcbStatus status :
       {TcbStatus::kUpToDate, TcbStatus::kRevoked, TcbStatus::kNotSupported}) {
    CHECK_FALSE(decode_policy(encode_policy(with_exception(status))).has_value());
  }
  CHECK_FALSE(decode_policy({}).has_value());
  CHECK_FALSE(decode_policy(concat({vector(), Bytes(1)})).has_value());
  CHECK_FALSE(decode_policy(codec::encode_cbor(Cbor::map({}))).has_value());
}
