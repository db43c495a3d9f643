#pragma once

#include "attest/statement.h"
#include "base/strong.h"
#include "crypto/keys.h"

namespace cocoon::wire {

enum class WireError : std::uint16_t {
  kMalformed = 1,
  kBadHello = 2,  // the hello's signature does not bind its key to this channel
};
constexpr Library library_of(WireError) { return Library::kWire; }

// What both ends of one TLS connection know and nobody else can choose.
struct ChannelBinding {
  ByteArray<32> exporter{};          // TLS-Exporter("EXPORTER-cocoon-1", "", 32), RFC 8446 §7.5
  ByteArray<32> server_spki_hash{};  // SHA-256 of the TLS server's SubjectPublicKeyInfo
};

// First message after the handshake, from each side that has an identity (docs/formats/hello.md):
// "CCH1" | role u8 | kid[32] or zeros | identity key[32] | signature[64].
struct Hello {
  static constexpr std::size_t kSize = 4 + 1 + 32 + 32 + 64;

  attest::Role role = attest::Role::kProxy;
  Kid kid;
  crypto::Ed25519PublicKey identity_key;
};

[[nodiscard]] Bytes make_hello(attest::Role role, const Kid& kid, const crypto::Ed25519KeyPair& key,
                               const ChannelBinding& binding);
// The hello's content if its signature binds it to this channel. Whether the key is one to talk to
// is the caller's question.
[[nodiscard]] Result<Hello> verify_hello(BytesView bytes, const ChannelBinding& binding);

}  // namespace cocoon::wire
