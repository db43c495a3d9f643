#pragma once

#include <optional>

#include "crypto/aes_ctr.h"
#include "crypto/keys.h"
#include "ton/cell/error.h"

// ADNL over TCP, the client's side (docs.ton.org "ADNL over TCP"; the reference node's
// adnl/adnl-ext-connection.cpp).
//   handshake (256 bytes): SHA-256(pub.ed25519 of the server) ‖ our public key ‖ SHA-256(params) ‖
//   params under AES-256-CTR frame: length u32 LE ‖ nonce[32] ‖ payload ‖ SHA-256(nonce ‖ payload),
//   all under the direction's key stream
namespace cocoon::ton {

inline constexpr std::size_t kAdnlHandshakeSize = 256;
inline constexpr std::size_t kAdnlFrameMax = std::size_t{1} << 24U;  // nonce, payload and checksum

// What a session must never share with another one.
struct AdnlSecrets {
  SecretArray<32> key_seed;     // of our one-time Ed25519 key
  SecretArray<160> parameters;  // receive key[32], send key[32], receive counter[16], send
                                // counter[16], padding[64]
};

class AdnlSession {
 public:
  // kBadKey (of crypto) for a server key that is no usable point.
  [[nodiscard]] static Result<AdnlSession> open(const crypto::Ed25519PublicKey& server,
                                                const AdnlSecrets& secrets);

  // The first bytes to send.
  [[nodiscard]] BytesView handshake() const { return handshake_; }
  // Appends a frame. `nonce` is fresh randomness.
  void seal(BytesView payload, const ByteArray<32>& nonce, Bytes& out);
  // Takes bytes from the connection, at most a frame ahead: the caller drains next() before it
  // feeds more.
  void feed(BytesView bytes);
  // The next whole frame's payload; nothing yet; or kBrokenStream, after which the session is over.
  // The server's first frame is empty: it says that the handshake worked.
  [[nodiscard]] Result<std::optional<Bytes>> next();

 private:
  AdnlSession(Bytes handshake, crypto::AesCtr receive, crypto::AesCtr send)
      : handshake_(std::move(handshake)), receive_(std::move(receive)), send_(std::move(send)) {}

  Bytes handshake_;
  crypto::AesCtr receive_;
  crypto::AesCtr send_;
  Bytes pending_;               // decrypted
  std::size_t frame_size_ = 0;  // of the frame under way, 0 before its length is there
};

}  // namespace cocoon::ton
