#include "hpke/hpke.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/vectors.h"

namespace cocoon::hpke {

// What RFC 9180's vectors print of a context and nobody else may see.
struct ContextInspector {
  static const crypto::AeadNonce& base_nonce(const Context& context) { return context.base_nonce_; }
  static BytesView exporter_secret(const Context& context) {
    return context.exporter_secret_.expose();
  }
  static std::uint64_t sequence(const Context& context) { return context.sequence_; }
  static void set_sequence(Context& context, std::uint64_t value) { context.sequence_ = value; }
};

namespace {

using codec::Json;
using testing::hex;
using testing::items;
using testing::text;

constexpr AeadId kSealing[] = {AeadId::kAes128Gcm, AeadId::kAes256Gcm, AeadId::kChaCha20Poly1305};

crypto::X25519KeyPair pair_from(BytesView private_key) {
  return crypto::X25519KeyPair::from_private(SecretArray<32>::copy_of(private_key).value());
}
crypto::X25519KeyPair pair_of(std::uint8_t seed) { return pair_from(Bytes(32, std::byte{seed})); }

struct Both {
  crypto::X25519PublicKey enc;
  Context sender;
  Context receiver;
};

Both set_up(AeadId aead, const crypto::X25519KeyPair& ephemeral,
            const crypto::X25519KeyPair& recipient, BytesView info) {
  SenderSetup sender = setup_sender(aead, recipient.public_key(), info, ephemeral).value();
  Context receiver = setup_receiver(aead, sender.enc, recipient, info).value();
  return {sender.enc, std::move(sender.context), std::move(receiver)};
}

Bytes exported(const Context& context, BytesView exporter_context, std::size_t length) {
  Bytes out(length);
  context.export_into(exporter_context, out);
  return out;
}

void check_key_schedule(const Context& context, const Json& vector) {
  CHECK(to_bytes(ContextInspector::exporter_secret(context)) == hex(vector, "exporter_secret"));
  if (!hex(vector, "base_nonce").empty()) {
    CHECK(to_bytes(ContextInspector::base_nonce(context)) == hex(vector, "base_nonce"));
  }
}

void check_encryptions(Both& both, const Json& vector) {
  for (const Json& each : items(vector, "encryptions")) {
    // The vectors show messages 0, 1, 2, 4, 255 and 256 of the context.
    const std::uint64_t sequence = std::stoull(text(each, "sequence number"));
    ContextInspector::set_sequence(both.sender, sequence);
    ContextInspector::set_sequence(both.receiver, sequence);
    CHECK(to_bytes(crypto::nonce_for(ContextInspector::base_nonce(both.sender), sequence)) ==
          hex(each, "nonce"));
    const Bytes sealed = both.sender.seal(hex(each, "aad"), hex(each, "pt")).value();
    CHECK(sealed == hex(each, "ct"));
    CHECK(both.receiver.open(hex(each, "aad"), sealed).value() == hex(each, "pt"));
    CHECK(ContextInspector::sequence(both.receiver) == sequence + 1);
  }
}

// Runs the X25519 base-mode vectors of a file on both sides and says how many there were.
std::size_t run_vectors(const std::string& path) {
  const Json vectors = testing::read_json(path);
  REQUIRE(vectors.as_array() != nullptr);
  std::size_t ran = 0;
  for (const Json& vector : *vectors.as_array()) {
    if (text(vector, "mode") != "0" || text(vector, "kem_id") != "32" ||
        text(vector, "kdf_id") != "1")
      continue;
    const auto aead = static_cast<AeadId>(std::stoul(text(vector, "aead_id")));
    CAPTURE(text(vector, "setup"));
    CAPTURE(text(vector, "aead_id"));
    const auto recipient = pair_from(hex(vector, "skRm"));
    CHECK(to_bytes(recipient.public_key().view()) == hex(vector, "pkRm"));
    Both both = set_up(aead, pair_from(hex(vector, "skEm")), recipient, hex(vector, "info"));
    CHECK(to_bytes(both.enc.view()) == hex(vector, "enc"));
    check_key_schedule(both.sender, vector);
    check_key_schedule(both.receiver, vector);
    check_encryptions(both, vector);
    for (const Json& each : items(vector, "exports")) {
      const std::size_t length = std::stoul(text(each, "L"));
      const Bytes exporter_context = hex(each, "exporter_context");
      CHECK(exported(both.sender, exporter_context, length) == hex(each, "exported_value"));
      CHECK(exported(both.receiver, exporter_context, length) == hex(each, "exported_value"));
    }
    ++ran;
  }
  return ran;
}

TEST_CASE("every X25519 base-mode vector of RFC 9180 holds, on both sides") {
  CHECK(run_vectors("tests/data/hpke/rfc9180-appendix-a.json") == 3);
}

TEST_CASE("the working group's vectors for empty and zero-byte inputs hold, on both sides") {
  CHECK(run_vectors("tests/data/hpke/hpke-bis-edge-cases.json") == 3);
}

TEST_CASE("sealing goes on in sequence with every aead, empty inputs included") {
  for (const AeadId aead : kSealing) {
    Both both = set_up(aead, pair_of(1), pair_of(2), BytesView());
    for (std::size_t length = 0; length < 300; length += 37) {
      const Bytes plaintext(length, std::byte{9});
      const Bytes sealed = both.sender.seal(BytesView(), plaintext).value();
      CHECK(both.receiver.open(BytesView(), sealed).value() == plaintext);
    }
    CHECK(exported(both.sender, as_bytes("x"), 32) == exported(both.receiver, as_bytes("x"), 32));
    CHECK(exported(both.sender, as_bytes("x"), std::size_t{255} * 32) ==
          exported(both.receiver, as_bytes("x"), std::size_t{255} * 32));
    CHECK(exported(both.sender, as_bytes("x"), 32) != exported(both.sender, as_bytes("y"), 32));
  }
}

TEST_CASE(
    "no changed bit of ciphertext, enc, aad, info or key opens, and the receiver keeps its place") {
  for (const AeadId aead : kSealing) {
    const auto ephemeral = pair_of(1);
    const auto recipient = pair_of(2);
    Both both = set_up(aead, ephemeral, recipient, as_bytes("info"));
    const Bytes sealed = both.sender.seal(as_bytes("aad"), as_bytes("hello")).value();
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      Bytes changed = sealed;
      changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto opened = both.receiver.open(as_bytes("aad"), changed);
      REQUIRE_FALSE(opened.has_value());
      CHECK(opened.error().is(HpkeError::kOpenFailed));
    }
    for (std::size_t bit = 0; bit < 256; ++bit) {
      auto changed = both.enc.bytes();
      changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      auto receiver =
          setup_receiver(aead, crypto::X25519PublicKey(changed), recipient, as_bytes("info"));
      if (receiver.has_value()) CHECK_FALSE(receiver->open(as_bytes("aad"), sealed).has_value());
    }
    CHECK_FALSE(both.receiver.open(as_bytes("aae"), sealed).has_value());
    CHECK_FALSE(both.receiver.open(as_bytes("aad"), BytesView()).has_value());
    CHECK_FALSE(both.receiver.open(as_bytes("aad"), BytesView(sealed).first(sealed.size() - 1))
                    .has_value());
    CHECK_FALSE(setup_receiver(aead, both.enc, recipient, as_bytes("inf"))
                    .value()
                    .open(as_bytes("aad"), sealed));
    CHECK_FALSE(setup_receiver(aead, both.enc, pair_of(3), as_bytes("info"))
                    .value()
                    .open(as_bytes("aad"), sealed));
    CHECK(ContextInspector::sequence(both.receiver) == 0);
    CHECK(both.receiver.open(as_bytes("aad"), sealed).value() == to_bytes("hello"));
    CHECK_FALSE(both.receiver.open(as_bytes("aad"), sealed).has_value());  // the same message again
  }
}

TEST_CASE("a suite does not open what another suite sealed") {
  Both aes = set_up(AeadId::kAes256Gcm, pair_of(1), pair_of(2), BytesView());
  Both chacha = set_up(AeadId::kChaCha20Poly1305, pair_of(1), pair_of(2), BytesView());
  CHECK_FALSE(chacha.receiver.open(BytesView(), aes.sender.seal(BytesView(), as_bytes("m")).value())
                  .has_value());
  CHECK(exported(aes.sender, as_bytes("x"), 32) != exported(chacha.sender, as_bytes("x"), 32));
}

TEST_CASE("points of small order are refused on both sides") {
  for (const char* point : {"0000000000000000000000000000000000000000000000000000000000000000",
                            "0100000000000000000000000000000000000000000000000000000000000000",
                            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto key = crypto::X25519PublicKey::from_hex(point).value();
    const auto sender = setup_sender(AeadId::kAes256Gcm, key, BytesView(), pair_of(1));
    REQUIRE_FALSE(sender.has_value());
    CHECK(sender.error().is(HpkeError::kBadEncapsulation));
    const auto receiver = setup_receiver(AeadId::kAes256Gcm, key, pair_of(2), BytesView());
    REQUIRE_FALSE(receiver.has_value());
    CHECK(receiver.error().is(HpkeError::kBadEncapsulation));
  }
}

TEST_CASE("an export-only context exports and does nothing else") {
  Both both = set_up(AeadId::kExportOnly, pair_of(1), pair_of(2), as_bytes("info"));
  CHECK(exported(both.sender, BytesView(), 32) == exported(both.receiver, BytesView(), 32));
  const auto sealed = both.sender.seal(BytesView(), as_bytes("m"));
  REQUIRE_FALSE(sealed.has_value());
  CHECK(sealed.error().is(HpkeError::kExportOnly));
  const auto opened = both.receiver.open(BytesView(), Bytes(32));
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().is(HpkeError::kExportOnly));
}

TEST_CASE("a context whose sequence is used up seals and opens no more") {
  Both both = set_up(AeadId::kAes256Gcm, pair_of(1), pair_of(2), BytesView());
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  ContextInspector::set_sequence(both.sender, kLast - 1);
  ContextInspector::set_sequence(both.receiver, kLast - 1);
  const Bytes sealed = both.sender.seal(BytesView(), as_bytes("last")).value();
  CHECK(both.receiver.open(BytesView(), sealed).value() == to_bytes("last"));
  const auto again = both.sender.seal(BytesView(), as_bytes("one more"));
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().is(HpkeError::kMessageLimit));
  const auto opened = both.receiver.open(BytesView(), sealed);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().is(HpkeError::kMessageLimit));
}

}  // namespace
}  // namespace cocoon::hpke
