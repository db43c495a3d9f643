#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/aead.h"
#include "crypto/keys.h"

namespace cocoon::hpke {

enum class HpkeError : std::uint16_t {
  kBadEncapsulation = 1,  // enc is not a usable point
  kOpenFailed = 2,        // the ciphertext does not authenticate
  kMessageLimit = 3,      // sequence number exhausted
  kExportOnly = 4,        // seal or open on an export-only context
};
constexpr Library library_of(HpkeError) { return Library::kHpke; }

// RFC 9180 §7.3. The KEM is DHKEM(X25519, HKDF-SHA256) (0x0020), the KDF HKDF-SHA256 (0x0001).
enum class AeadId : std::uint16_t {
  kAes128Gcm = 1,
  kAes256Gcm = 2,
  kChaCha20Poly1305 = 3,
  kExportOnly = 0xffff,
};

// A context of either side after setup (RFC 9180 §5.2, §5.3): a sender seals, a receiver opens,
// both export.
class Context {
 public:
  [[nodiscard]] Result<Bytes> seal(BytesView aad, BytesView plaintext);
  // A ciphertext that is refused leaves the sequence where it was.
  [[nodiscard]] Result<Bytes> open(BytesView aad, BytesView ciphertext);
  // Context.Export(exporter_context, N); N at most 255 × 32.
  template <std::size_t N>
  [[nodiscard]] SecretArray<N> export_secret(BytesView exporter_context) const {
    SecretArray<N> out;
    export_into(exporter_context, out.expose_mutable());
    return out;
  }
  void export_into(BytesView exporter_context, MutableBytesView out) const;

 private:
  friend Result<Context> key_schedule(AeadId, BytesView, BytesView);
  friend struct ContextInspector;  // the room's tests compare what RFC 9180's vectors print
  Context(AeadId aead_id, std::optional<crypto::Aead> aead, crypto::AeadNonce base_nonce,
          SecretArray<32> exporter_secret);
  [[nodiscard]] Result<crypto::AeadNonce> current_nonce() const;

  AeadId aead_id_;
  std::optional<crypto::Aead> aead_;
  crypto::AeadNonce base_nonce_;
  SecretArray<32> exporter_secret_;
  std::uint64_t sequence_ = 0;
};

struct SenderSetup {
  crypto::X25519PublicKey enc;
  Context context;
};

// SetupBaseS with the ephemeral key given (drawn fresh by the caller, used once).
[[nodiscard]] Result<SenderSetup> setup_sender(AeadId aead,
                                               const crypto::X25519PublicKey& recipient,
                                               BytesView info,
                                               const crypto::X25519KeyPair& ephemeral);
// SetupBaseR.
[[nodiscard]] Result<Context> setup_receiver(AeadId aead, const crypto::X25519PublicKey& enc,
                                             const crypto::X25519KeyPair& recipient,
                                             BytesView info);

}  // namespace cocoon::hpke
