#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/secret.h"
#include "crypto/error.h"

namespace cocoon::crypto {

enum class AeadAlgorithm : std::uint8_t { kAes128Gcm, kAes256Gcm, kChaCha20Poly1305 };

inline constexpr std::size_t kAeadTagSize = 16;
inline constexpr std::size_t kAeadNonceSize = 12;
using AeadNonce = ByteArray<kAeadNonceSize>;
[[nodiscard]] std::size_t key_size(AeadAlgorithm algorithm);

// One key, ready for many messages (NIST SP 800-38D, RFC 8439). Not thread-safe.
class Aead {
 public:
  // Refuses a key of the wrong length.
  [[nodiscard]] static Result<Aead> create(AeadAlgorithm algorithm, BytesView key);
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  Aead(const Aead&) = delete;
  Aead& operator=(const Aead&) = delete;

  // Appends ciphertext ‖ tag (plaintext.size() + 16 bytes) to `out`.
  [[nodiscard]] Status seal_append(const AeadNonce& nonce, BytesView aad, BytesView plaintext,
                                   Bytes& out);
  // Appends the plaintext to `out`; leaves `out` as it was if the tag does not verify.
  [[nodiscard]] Status open_append(const AeadNonce& nonce, BytesView aad,
                                   BytesView ciphertext_and_tag, Bytes& out);

  [[nodiscard]] Result<Bytes> seal(const AeadNonce& nonce, BytesView aad, BytesView plaintext);
  [[nodiscard]] Result<Bytes> open(const AeadNonce& nonce, BytesView aad,
                                   BytesView ciphertext_and_tag);

 private:
  struct State;
  explicit Aead(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// base XOR big-endian sequence number in the last eight bytes (RFC 9180 §5.2).
[[nodiscard]] AeadNonce nonce_for(const AeadNonce& base, std::uint64_t sequence);

}  // namespace cocoon::crypto
