#include "provenance/example_test.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

namespace cocoon::provenance::example {
namespace {

// Bytes `first`, `first`+1, … to tell fields apart in a dump.
template <class Tagged>
Tagged counting_from(std::uint8_t first) {
  ByteArray<Tagged::kSize> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(first + i);
  return Tagged(bytes);
}

SecretArray<32> secret_counting_from(std::uint8_t first) {
  return SecretArray<32>::copy_of(counting_from<Kid>(first).view()).value();
}

}  // namespace

crypto::Ed25519KeyPair identity() {
  return crypto::Ed25519KeyPair::from_seed(secret_counting_from(0x10));
}

SecretArray<32> response_secret() { return secret_counting_from(0x80); }

SaltRoot salts() { return SaltRoot::of(response_secret()); }

std::vector<Piece> answer() {
  std::string reasoning;
  for (int i = 0; i < 40; ++i) reasoning += "Paris, \xe2\x82\xac, \xf0\x9f\x97\xbc. ";
  return {{.run = {.choice = 0, .part = 0, .field = OutputField::kReasoning}, .text = reasoning},
          {.run = {.choice = 0, .part = 0, .field = OutputField::kContent},
           .text = "The capital of France is Paris."},
          {.run = {.choice = 0, .part = 1, .field = OutputField::kToolCallName}, .text = "weather"},
          {.run = {.choice = 0, .part = 1, .field = OutputField::kToolCallArguments},
           .text = R"({"city":"Paris"})"}};
}

OutputTree output_tree() {
  OutputCommitter committer(salts().output());
  for (const Piece& piece : answer()) REQUIRE(committer.add(piece.run, piece.text).has_value());
  return std::move(committer).finish().value();
}

Receipt receipt() {
  return {.request_id = counting_from<RequestId>(0x01),
          .kid = counting_from<Kid>(0x20),
          .image_hash = counting_from<ImageHash>(0x40),
          .model_hash = counting_from<ModelHash>(0x60),
          .params = commit_params(salts().params(), as_bytes(kParams)),
          .prompt = commit_prompt(salts().prompt(), as_bytes(kPrompt)),
          .output = output_tree().commitment(),
          .tokens = {.input = TokenCount(300),
                     .cached = TokenCount(0),
                     .output = TokenCount(65),
                     .reasoning = TokenCount(40)},
          .started_at = UnixMillis(1'780'000'000'123),
          .ended_at = UnixMillis(1'780'000'002'456),
          .status = AnswerStatus::kOk,
          .terms_hash = counting_from<TermsHash>(0xa0),
          .price = NanoTon::from_nano(2'200).value(),
          .parents = {counting_from<ReceiptHash>(0xc0), counting_from<ReceiptHash>(0xb0)},
          .masterchain_seqno = Seqno(46'000'128)};
}

Bill bill() {
  const Receipt billed = receipt();
  return {.request_id = billed.request_id,
          .kid = billed.kid,
          .buckets = buckets_of(billed.tokens),
          .price = billed.price,
          .status = billed.status,
          .receipt = receipt_hash(sign_receipt(billed, identity()).value())};
}

void check_vector(const std::string& path, const codec::Json& expected) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const Result<codec::Json> held = codec::parse_json(text);
  CHECK_MESSAGE((held.has_value() && *held == expected), path, " should be ",
                codec::write_json(expected));
}

}  // namespace cocoon::provenance::example
