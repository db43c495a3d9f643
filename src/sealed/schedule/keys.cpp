#include "sealed/schedule/keys.h"

#include <utility>

namespace cocoon::sealed {
namespace {

Result<SequenceCipher> expand_cipher(const crypto::HkdfPrk& prk, std::string_view key_info,
                                     std::string_view nonce_info) {
  const auto key = crypto::hkdf_expand_to<32>(prk, as_bytes(key_info));
  crypto::AeadNonce base_nonce;
  TRY_VOID(crypto::hkdf_expand(prk, as_bytes(nonce_info), base_nonce));
  return SequenceCipher::create(key, base_nonce);
}

ByteArray<1> aad_for(Position position) {
  return {position == Position::kLast ? std::byte{1} : std::byte{0}};
}

}  // namespace

HeaderHash header_hash(const RequestHeader& header) {
  return HeaderHash(crypto::sha256({label("cocoon/1 hdr"), header.encode()}));
}

CekCommitment commit_to(const ContentKey& cek) {
  return CekCommitment(crypto::sha256({label("cocoon/1 cek"), cek.expose()}));
}

Bytes wrap_info(const HeaderHash& header, const Kid& kid, const TermsHash& terms) {
  return concat({label("cocoon/1 wrap"), header.view(), kid.view(), terms.view()});
}

BytesView response_exporter_context() { return label("cocoon/1 resp"); }

SequenceCipher::SequenceCipher(crypto::Aead aead, const crypto::AeadNonce& base_nonce)
    : aead_(std::move(aead)), base_nonce_(base_nonce) {}

Result<SequenceCipher> SequenceCipher::create(const SecretArray<32>& key,
                                              const crypto::AeadNonce& base_nonce) {
  TRY(crypto::Aead aead, crypto::Aead::create(crypto::AeadAlgorithm::kAes256Gcm, key.expose()));
  return SequenceCipher(std::move(aead), base_nonce);
}

Result<crypto::AeadNonce> SequenceCipher::next_nonce(Position position) {
  if (is_closed_) return fail(SealedError::kClosed, "the sealed sequence is closed");
  is_closed_ = position == Position::kLast;
  return crypto::nonce_for(base_nonce_, sequence_++);
}

Status SequenceCipher::seal_append(Position position, BytesView plaintext, Bytes& out) {
  TRY(const crypto::AeadNonce nonce, next_nonce(position));
  return aead_.seal_append(nonce, aad_for(position), plaintext, out);
}

Status SequenceCipher::open_append(Position position, BytesView ciphertext, Bytes& out) {
  TRY(const crypto::AeadNonce nonce, next_nonce(position));
  if (!aead_.open_append(nonce, aad_for(position), ciphertext, out).has_value()) {
    is_closed_ = true;
    return fail(SealedError::kOpenFailed, "a sealed chunk does not authenticate");
  }
  return {};
}

Result<Position> SequenceCipher::open_either_append(BytesView ciphertext, Bytes& out) {
  TRY(const crypto::AeadNonce nonce, next_nonce(Position::kMiddle));
  for (const Position position : {Position::kMiddle, Position::kLast}) {
    if (aead_.open_append(nonce, aad_for(position), ciphertext, out).has_value()) {
      is_closed_ = position == Position::kLast;
      return position;
    }
  }
  is_closed_ = true;
  return fail(SealedError::kOpenFailed, "a sealed frame does not authenticate");
}

Result<SequenceCipher> request_cipher(const HeaderHash& header, const ContentKey& cek) {
  return expand_cipher(crypto::hkdf_extract(header.view(), cek.expose()), "req key", "req nonce");
}

Result<SequenceCipher> response_cipher(const ResponseSecret& secret, const ResponseNonce& nonce) {
  const Bytes salt = concat({secret.enc.view(), nonce.view()});
  return expand_cipher(crypto::hkdf_extract(salt, secret.secret.expose()), "key", "nonce");
}

}  // namespace cocoon::sealed
