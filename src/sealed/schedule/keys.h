#pragma once

#include "base/secret.h"
#include "base/strong.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/keys.h"
#include "sealed/format/envelope.h"
#include "sealed/format/stream.h"

// How keys come from secrets (docs/formats/request.md, docs/formats/response.md).
namespace cocoon::sealed {

using ContentKey = SecretArray<32>;  // the CEK
using HeaderHash = Hash256<struct RequestHeaderHashTag>;

// SHA-256("cocoon/1 hdr\0" ‖ H)
[[nodiscard]] HeaderHash header_hash(const RequestHeader& header);
[[nodiscard]] CekCommitment commit_to(const ContentKey& cek);
// HPKE info of one wrap: "cocoon/1 wrap\0" ‖ header hash ‖ kid ‖ terms_hash
[[nodiscard]] Bytes wrap_info(const HeaderHash& header, const Kid& kid, const TermsHash& terms);
// HPKE exporter context of the response secret: "cocoon/1 resp\0"
[[nodiscard]] BytesView response_exporter_context();

// What one worker and the client share for one answer, and no other candidate knows.
struct ResponseSecret {
  Kid kid;
  crypto::X25519PublicKey enc;
  SecretArray<32> secret;

  // A second copy, made on purpose.
  [[nodiscard]] ResponseSecret clone() const { return {kid, enc, secret.clone()}; }
};

enum class Position : std::uint8_t { kMiddle, kLast };

// AES-256-GCM over a sequence: nonce = base XOR counter, AAD one byte, 01 on the last message.
// Every call advances the counter; after kLast nothing more is sealed or opened.
class SequenceCipher {
 public:
  [[nodiscard]] static Result<SequenceCipher> create(const SecretArray<32>& key,
                                                     const crypto::AeadNonce& base_nonce);
  // Appends ciphertext ‖ tag to `out`.
  [[nodiscard]] Status seal_append(Position position, BytesView plaintext, Bytes& out);
  // Appends the plaintext to `out`. kOpenFailed, after which the cipher is closed, if it does not
  // authenticate.
  [[nodiscard]] Status open_append(Position position, BytesView ciphertext, Bytes& out);
  // The same for a stream, where only the message itself tells whether it is the last.
  [[nodiscard]] Result<Position> open_either_append(BytesView ciphertext, Bytes& out);

 private:
  SequenceCipher(crypto::Aead aead, const crypto::AeadNonce& base_nonce);
  [[nodiscard]] Result<crypto::AeadNonce> next_nonce(Position position);

  crypto::Aead aead_;
  crypto::AeadNonce base_nonce_;
  std::uint64_t sequence_ = 0;
  bool is_closed_ = false;
};

// prk = Extract(header hash, CEK); Expand "req key", "req nonce".
[[nodiscard]] Result<SequenceCipher> request_cipher(const HeaderHash& header,
                                                    const ContentKey& cek);
// prk = Extract(enc ‖ resp_nonce, secret); Expand "key", "nonce".
[[nodiscard]] Result<SequenceCipher> response_cipher(const ResponseSecret& secret,
                                                     const ResponseNonce& nonce);

}  // namespace cocoon::sealed
