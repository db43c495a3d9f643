#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "codec/json.h"
#include "crypto/keys.h"
#include "sealed/format/envelope.h"
#include "sealed/format/stream.h"
#include "sealed/schedule/keys.h"
#include "sealed/schedule/plaintext.h"

// The vectors of docs/formats/request.md and response.md, for the tests of src/sealed.
namespace cocoon::sealed::test {

template <class Tagged>
[[nodiscard]] Tagged filled(unsigned value) {
  ByteArray<Tagged::kSize> bytes;
  bytes.fill(static_cast<std::byte>(value));
  return Tagged(bytes);
}

[[nodiscard]] inline SecretArray<32> filled_secret(unsigned value) {
  ByteArray<32> bytes;
  bytes.fill(static_cast<std::byte>(value));
  return SecretArray<32>(bytes);
}

class Vector {
 public:
  explicit Vector(const codec::Json* json) : json_(json) {}

  [[nodiscard]] const codec::Json& at(const char* key) const {
    const codec::Json* found = json_->find(key);
    REQUIRE_MESSAGE(found != nullptr, key);
    return *found;
  }
  [[nodiscard]] std::string text(const char* key) const {
    REQUIRE(at(key).as_string() != nullptr);
    return *at(key).as_string();
  }
  [[nodiscard]] Bytes bytes(const char* key) const { return from_hex(text(key)).value(); }
  [[nodiscard]] std::uint64_t number(const char* key) const {
    return at(key).as_unsigned().value();
  }
  template <class Tagged>
  [[nodiscard]] Tagged tagged(const char* key) const {
    return Tagged::from_hex(text(key)).value();
  }
  [[nodiscard]] SecretArray<32> secret(const char* key) const {
    return SecretArray<32>::copy_of(bytes(key)).value();
  }
  [[nodiscard]] std::vector<Vector> list(const char* key) const { return list_of(at(key)); }
  [[nodiscard]] static std::vector<Vector> list_of(const codec::Json& json) {
    REQUIRE(json.as_array() != nullptr);
    std::vector<Vector> items;
    for (const codec::Json& item : *json.as_array()) items.emplace_back(&item);
    return items;
  }

 private:
  const codec::Json* json_;
};

[[nodiscard]] inline codec::Json load_vectors(const char* path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return codec::parse_json(text).value();
}

[[nodiscard]] inline RequestPlaintext plaintext_of(const Vector& request) {
  const Vector json(&request.at("plaintext"));
  RequestPlaintext plaintext;
  plaintext.method = json.text("method");
  plaintext.path = json.text("path");
  plaintext.body = SecretBytes(json.bytes("body"));
  for (const codec::Json& parent : *json.at("parents").as_array()) {
    plaintext.parents.push_back(ReceiptHash::from_hex(*parent.as_string()).value());
  }
  return plaintext;
}

inline void check_same(const RequestPlaintext& a, const RequestPlaintext& b) {
  CHECK_EQ(a.method, b.method);
  CHECK_EQ(a.path, b.path);
  CHECK(equal(a.body.expose(), b.body.expose()));
  CHECK(a.parents == b.parents);
}

[[nodiscard]] inline ResponseSecret response_secret_of(const Vector& response) {
  return {.kid = response.tagged<Kid>("kid"),
          .enc = response.tagged<crypto::X25519PublicKey>("enc"),
          .secret = response.secret("secret")};
}

[[nodiscard]] inline FrameKind kind_of(const std::string& name) {
  const std::vector<std::string> names{"",       "head",  "data", "receipt",
                                       "ticket", "error", "pad",  "end"};
  for (std::size_t i = 1; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<FrameKind>(i);
  }
  FAIL("unknown frame kind ", name);
  return FrameKind::kEnd;
}

// What a proxy forwards to the candidate at `index`.
[[nodiscard]] inline Bytes infer_envelope(BytesView relay, std::size_t index) {
  const auto parsed = parse_envelope_head(relay, EnvelopeKind::kRelay);
  REQUIRE(parsed.has_value());
  Bytes infer = encode_infer_head(parsed->head.header, parsed->head.recipients.at(index));
  append(infer, relay.subspan(parsed->bytes_consumed));
  return infer;
}

}  // namespace cocoon::sealed::test
