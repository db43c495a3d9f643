#include "provenance/receipt.h"

#include <doctest/doctest.h>

#include <optional>

#include "codec/cbor.h"
#include "cose/sign1.h"
#include "provenance/example_test.h"

namespace cocoon::provenance {
namespace {

using codec::Cbor;
using codec::Json;

Bytes signed_example() { return sign_receipt(example::receipt(), example::identity()).value(); }

// The example's payload with one entry set, or removed if there is no value.
Bytes payload_with(std::int64_t key, std::optional<Cbor> value) {
  const Cbor item = codec::decode_cbor(example::receipt().encode().value()).value();
  Cbor::Map map = **item.as_map();
  std::erase_if(map, [&](const auto& entry) { return entry.first == Cbor::integer(key); });
  if (value) map.emplace_back(Cbor::integer(key), *std::move(value));
  return codec::encode_cbor(Cbor::map(std::move(map)));
}

Error decode_refusal(BytesView payload) {
  const Result<Receipt> receipt = Receipt::decode(payload);
  REQUIRE_FALSE(receipt.has_value());
  return receipt.error();
}

Json describe_answer() {
  Json::Array pieces;
  for (const example::Piece& piece : example::answer()) {
    pieces.push_back(
        Json::object({{"choice", Json::number(std::uint64_t{piece.run.choice})},
                      {"part", Json::number(std::uint64_t{piece.run.part})},
                      {"field", Json::number(static_cast<std::uint64_t>(piece.run.field))},
                      {"text", Json::string(piece.text)}}));
  }
  return Json::array(std::move(pieces));
}

Json describe_proof(const ChunkProof& proof) {
  Json::Array path;
  for (const MerkleHash& hash : proof.path) path.push_back(Json::string(to_hex(hash)));
  return Json::object({{"choice", Json::number(std::uint64_t{proof.run.choice})},
                       {"part", Json::number(std::uint64_t{proof.run.part})},
                       {"field", Json::number(static_cast<std::uint64_t>(proof.run.field))},
                       {"index", Json::number(std::uint64_t{proof.index})},
                       {"salt", Json::string(proof.salt.hex())},
                       {"text", Json::string(proof.text)},
                       {"leaf_index", Json::number(std::uint64_t{proof.leaf_index})},
                       {"path", Json::array(std::move(path))}});
}

Json describe(const Receipt& receipt) {
  Json::Array parents;
  for (const ReceiptHash& parent : receipt.parents) parents.push_back(Json::string(parent.hex()));
  return Json::object({
      {"request_id", Json::string(receipt.request_id.hex())},
      {"kid", Json::string(receipt.kid.hex())},
      {"image_hash", Json::string(receipt.image_hash.hex())},
      {"model_hash", Json::string(receipt.model_hash.hex())},
      {"params", Json::string(receipt.params.hex())},
      {"prompt", Json::string(receipt.prompt.hex())},
      {"output_root", Json::string(receipt.output.root.hex())},
      {"output_chunks", Json::number(std::uint64_t{receipt.output.chunk_count})},
      {"input_tokens", Json::number(receipt.tokens.input.value())},
      {"cached_tokens", Json::number(receipt.tokens.cached.value())},
      {"output_tokens", Json::number(receipt.tokens.output.value())},
      {"reasoning_tokens", Json::number(receipt.tokens.reasoning.value())},
      {"started_at_ms", Json::number(receipt.started_at.value())},
      {"ended_at_ms", Json::number(receipt.ended_at.value())},
      {"status", Json::string(name_of(receipt.status))},
      {"terms_hash", Json::string(receipt.terms_hash.hex())},
      {"price_nano", Json::number(receipt.price.nano())},
      {"parents", Json::array(std::move(parents))},
      {"masterchain_seqno", Json::number(std::uint64_t{receipt.masterchain_seqno.value()})},
  });
}

TEST_CASE("receipt vector holds") {
  const Receipt receipt = example::receipt();
  const Bytes document = signed_example();
  const std::string quoted = "{\"city\":\"Paris\"}";
  const ChunkProof proof =
      example::output_tree()
          .prove(example::salts().output(),
                 {.choice = 0, .part = 1, .field = OutputField::kToolCallArguments}, 0, quoted)
          .value();
  CHECK(verify_chunk(receipt.output, proof).has_value());
  example::check_vector(
      "tests/data/formats/receipt.json",
      Json::object({
          {"identity_public_key", Json::string(example::identity().public_key().hex())},
          {"response_secret", Json::string(to_hex(example::response_secret().expose()))},
          {"salt_root", Json::string(to_hex(example::salts().expose()))},
          {"prompt", Json::string(example::kPrompt)},
          {"params", Json::string(example::kParams)},
          {"answer", describe_answer()},
          {"receipt", describe(receipt)},
          {"payload", Json::string(to_hex(receipt.encode().value()))},
          {"signed", Json::string(to_hex(document))},
          {"hash", Json::string(receipt_hash(document).hex())},
          {"chunk_proof", describe_proof(proof)},
      }));
}

TEST_CASE("receipt decodes to what was encoded and signed") {
  const Receipt receipt = example::receipt();
  CHECK(Receipt::decode(receipt.encode().value()) == receipt);
  CHECK(verify_receipt(signed_example(), example::identity().public_key()) == receipt);
  Receipt orphan = receipt;
  orphan.parents.clear();
  orphan.status = AnswerStatus::kAborted;
  CHECK(Receipt::decode(orphan.encode().value()) == orphan);
}

TEST_CASE("receipt refuses any single changed bit") {
  const Bytes document = signed_example();
  const auto key = example::identity().public_key();
  for (std::size_t bit = 0; bit < document.size() * 8; ++bit) {
    Bytes changed = document;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CHECK_FALSE_MESSAGE(verify_receipt(changed, key).has_value(), bit);
  }
}

TEST_CASE("receipt refuses another key, another context and another form of the same bytes") {
  const Receipt receipt = example::receipt();
  const Bytes payload = receipt.encode().value();
  const auto identity = example::identity();
  const auto refusal = [&](BytesView document) {
    const Result<Receipt> verified = verify_receipt(document, identity.public_key());
    REQUIRE_FALSE(verified.has_value());
    return verified.error();
  };
  const auto stranger =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32)).value());
  CHECK(refusal(sign_receipt(receipt, stranger).value()).is(ProvenanceError::kBadSignature));
  CHECK(refusal(cose::sign1(identity, payload)).is(ProvenanceError::kBadSignature));
  CHECK(refusal(cose::sign1(identity, payload, as_bytes("cocoon/1 receipt")))
            .is(ProvenanceError::kBadSignature));
  CHECK(refusal(sign_bill(example::bill(), identity)).is(ProvenanceError::kBadSignature));
  CHECK(refusal(cose::sign1(identity, payload, label("cocoon/1 receipt"),
                            {{Cbor::integer(4), Cbor::integer(1)}}))
            .is(ProvenanceError::kMalformed));

  const Bytes document = signed_example();
  CHECK(refusal(BytesView(document).subspan(1)).is(ProvenanceError::kMalformed));  // tag removed
  CHECK(refusal(concat({document, BytesView(document).first(1)})).is(ProvenanceError::kMalformed));
  CHECK(refusal({}).is(ProvenanceError::kMalformed));
  cose::UnverifiedSign1 message = cose::parse_sign1(document).value();
  message.unprotected_map = Cbor::map({{Cbor::integer(4), Cbor::integer(1)}});
  CHECK(refusal(cose::encode_sign1(message)).is(ProvenanceError::kMalformed));
}

TEST_CASE("receipt refuses other versions, missing and unknown fields") {
  REQUIRE(Receipt::decode(payload_with(0, Cbor::integer(1))).has_value());
  CHECK(decode_refusal(payload_with(0, Cbor::integer(2))).is(ProvenanceError::kUnsupportedVersion));
  for (std::int64_t key = 0; key <= 19; ++key) {
    CHECK(decode_refusal(payload_with(key, std::nullopt)).is(ProvenanceError::kMalformed));
    CHECK(decode_refusal(payload_with(key, Cbor::null())).is(ProvenanceError::kMalformed));
  }
  CHECK(decode_refusal(payload_with(20, Cbor::integer(0))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(-1, Cbor::integer(0))).is(ProvenanceError::kMalformed));
}

TEST_CASE("receipt refuses values out of range or of the wrong length") {
  const auto malformed = [](std::int64_t key, Cbor value) {
    return decode_refusal(payload_with(key, std::move(value))).is(ProvenanceError::kMalformed);
  };
  CHECK(malformed(1, Cbor::bytes(Bytes(15))));
  for (const std::int64_t key : {2, 3, 4, 5, 6, 7, 16})
    CHECK(malformed(key, Cbor::bytes(Bytes(31))));
  CHECK(malformed(8, Cbor::unsigned_integer(std::uint64_t{1} << 32U)));
  CHECK(malformed(9, Cbor::integer(-1)));
  CHECK(malformed(15, Cbor::integer(4)));
  CHECK(malformed(17, Cbor::unsigned_integer(std::uint64_t{1} << 63U)));
  CHECK(malformed(18, Cbor::array({Cbor::bytes(Bytes(31))})));
  CHECK(malformed(18, Cbor::array({Cbor::integer(1)})));
  CHECK(malformed(19, Cbor::unsigned_integer(std::uint64_t{1} << 32U)));
}

TEST_CASE("receipt refuses contradictions when it is made and when it is read") {
  const auto refused = [](auto change, ProvenanceError code) {
    Receipt receipt = example::receipt();
    change(receipt);
    const Result<Bytes> encoded = receipt.encode();
    return !encoded && encoded.error().is(code) &&
           !sign_receipt(receipt, example::identity()).has_value();
  };
  CHECK(
      refused([](Receipt& r) { r.tokens.cached = TokenCount(301); }, ProvenanceError::kMalformed));
  CHECK(refused([](Receipt& r) { r.tokens.reasoning = TokenCount(66); },
                ProvenanceError::kMalformed));
  CHECK(refused([](Receipt& r) { r.ended_at = UnixMillis(1); }, ProvenanceError::kMalformed));
  CHECK(refused([](Receipt& r) { r.parents.push_back(r.parents.front()); },
                ProvenanceError::kMalformed));
  CHECK(refused([](Receipt& r) { r.parents.resize(kReceiptParentsMax + 1); },
                ProvenanceError::kLimit));

  CHECK(decode_refusal(payload_with(10, Cbor::integer(301))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(12, Cbor::integer(66))).is(ProvenanceError::kMalformed));
  CHECK(decode_refusal(payload_with(14, Cbor::integer(1))).is(ProvenanceError::kMalformed));
  const Cbor zeros = Cbor::bytes(Bytes(32));
  CHECK(decode_refusal(payload_with(18, Cbor::array({zeros, zeros})))
            .is(ProvenanceError::kMalformed));
  Cbor::Array many;
  for (std::uint8_t i = 0; i <= kReceiptParentsMax; ++i)
    many.push_back(Cbor::bytes(Bytes(32, std::byte{i})));
  CHECK(decode_refusal(payload_with(18, Cbor::array(many))).is(ProvenanceError::kLimit));
  many.pop_back();
  CHECK(Receipt::decode(payload_with(18, Cbor::array(many))).has_value());
}

}  // namespace
}  // namespace cocoon::provenance
