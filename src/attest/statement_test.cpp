#include "attest/statement.h"

#include <doctest/doctest.h>

#include "attest/evidence.h"
#include "attest/intel/recorded_test.h"
#include "codec/cbor.h"

using namespace cocoon;
using namespace cocoon::attest;
using codec::Cbor;

namespace {

template <class Tagged>
Tagged filled(std::uint8_t value) {
  ByteArray<Tagged::kSize> bytes;
  bytes.fill(std::byte{value});
  return Tagged(bytes);
}

Statement sample() {
  Statement s;
  s.network = kDevnetNetworkId;
  s.identity_key = filled<crypto::Ed25519PublicKey>(1);
  s.hpke_key = filled<crypto::X25519PublicKey>(2);
  s.key_epoch = 487'000;
  s.boot_id = filled<BootId>(3);
  s.owner_address = "EQowner";
  s.slot_id = filled<SlotId>(4);
  s.model_name = "SmolLM2-135M-Instruct";
  s.model_hash = filled<ModelHash>(5);
  s.config_hash = filled<ConfigHash>(6);
  s.block_seqno = Seqno(44'000'000);
  s.block_root_hash = filled<BlockHash>(7);
  return s;
}

// The sample's map with one entry replaced, or removed if `value` is null.
Bytes with_entry(std::uint64_t number, Cbor value) {
  const Cbor whole = codec::decode_cbor(sample().encode()).value();
  Cbor::Map map;
  for (const auto& entry : *whole.as_map().value()) {
    if (entry.first.as_unsigned().value() != number) map.push_back(entry);
  }
  if (!value.is_null()) map.emplace_back(Cbor::unsigned_integer(number), std::move(value));
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Error refusal(std::uint64_t number, Cbor value) {
  return Statement::decode(with_entry(number, std::move(value))).error();
}

}  // namespace

TEST_CASE("a statement reads back as it was written") {
  for (const Bytes& gpu : {Bytes{}, Bytes(32, std::byte{9})}) {
    Statement before = sample();
    before.gpu_evidence_digest = gpu;
    const Bytes encoded = before.encode();
    const Statement after = Statement::decode(encoded).value();
    CHECK_EQ(after.encode(), encoded);
    CHECK_EQ(after.network, before.network);
    CHECK_EQ(after.role, before.role);
    CHECK_EQ(after.identity_key, before.identity_key);
    CHECK_EQ(after.hpke_key, before.hpke_key);
    CHECK_EQ(after.owner_address, before.owner_address);
    CHECK_EQ(after.model_name, before.model_name);
    CHECK_EQ(after.gpu_evidence_digest, gpu);
    CHECK_EQ(after.block_seqno, before.block_seqno);
  }
}

TEST_CASE("the statement vector encodes, hashes and names as recorded") {
  const Bytes json = intel::test::read_file("tests/data/formats/statement.json");
  const codec::Json vector = codec::parse_json(as_text(json)).value();
  const auto hex = [&](std::string_view key) { return *vector.find(key)->as_string(); };
  CHECK_EQ(to_hex(sample().encode()), hex("statement"));
  const Bytes encoded = from_hex(hex("statement")).value();
  CHECK_EQ(to_hex(report_data_for(encoded)), hex("report_data"));
  CHECK_EQ(kid_for(encoded).hex(), hex("kid"));
  const EvidenceBundle bundle{.statement = encoded,
                              .quote = Bytes(3, std::byte{1}),
                              .configuration = to_bytes("network = -777\n"),
                              .gpu_evidence = {},
                              .event_log = {}};
  CHECK_EQ(to_hex(bundle.encode()), hex("evidence"));
}

TEST_CASE("statements outside the closed schema are refused") {
  CHECK(refusal(1, Cbor::unsigned_integer(2)).is(AttestError::kUnsupported));
  CHECK(refusal(5, Cbor::unsigned_integer(2)).is(AttestError::kUnsupported));
  for (std::uint64_t number = 1; number <= 16; ++number) {
    CAPTURE(number);
    CHECK(refusal(number, Cbor::null()).is(AttestError::kMalformed));
    CHECK(refusal(number, Cbor::boolean(true)).is(AttestError::kMalformed));
  }
  CHECK(refusal(17, Cbor::unsigned_integer(0)).is(AttestError::kMalformed));
  CHECK(refusal(3, Cbor::unsigned_integer(5)).is(AttestError::kMalformed));
  CHECK(refusal(2, Cbor::integer(std::int64_t{1} << 31)).is(AttestError::kMalformed));
  CHECK(refusal(7, Cbor::unsigned_integer(std::uint64_t{1} << 32)).is(AttestError::kMalformed));
  CHECK(refusal(4, Cbor::bytes(Bytes(31))).is(AttestError::kMalformed));
  CHECK(refusal(14, Cbor::bytes(Bytes(31))).is(AttestError::kMalformed));
  CHECK(refusal(9, Cbor::text("a b")).is(AttestError::kMalformed));
  CHECK(refusal(11, Cbor::text(std::string(129, 'x'))).is(AttestError::kMalformed));
  Bytes trailing = sample().encode();
  trailing.push_back(std::byte{0});
  CHECK(Statement::decode(trailing).error().is(AttestError::kMalformed));
}

TEST_CASE("an evidence bundle reads back as it was written, and only so") {
  const EvidenceBundle before{.statement = Bytes(10, std::byte{1}),
                              .quote = Bytes(5000, std::byte{2}),
                              .configuration = Bytes(40, std::byte{3}),
                              .gpu_evidence = Bytes(1, std::byte{4}),
                              .event_log = Bytes(2, std::byte{5})};
  const Bytes encoded = before.encode();
  const EvidenceBundle after = EvidenceBundle::decode(encoded).value();
  CHECK_EQ(after.statement, before.statement);
  CHECK_EQ(after.quote, before.quote);
  CHECK_EQ(after.configuration, before.configuration);
  CHECK_EQ(after.gpu_evidence, before.gpu_evidence);
  CHECK_EQ(after.event_log, before.event_log);
  for (std::size_t length = 0; length < encoded.size(); length += 11) {
    CHECK_FALSE(EvidenceBundle::decode(BytesView(encoded).first(length)).has_value());
  }
  CHECK(EvidenceBundle::decode(Bytes(kEvidenceBytesMax + 1)).error().is(AttestError::kMalformed));
  const Bytes other_version =
      codec::encode_cbor(Cbor::map({{Cbor::unsigned_integer(1), Cbor::unsigned_integer(2)}}));
  CHECK(EvidenceBundle::decode(other_version).error().is(AttestError::kUnsupported));
}
