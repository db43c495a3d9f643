#include "crypto/aead.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;

const EVP_CIPHER* fetch_cipher(const char* name) {
  const EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  COCOON_CHECK(cipher != nullptr);
  return cipher;
}

// Looked up once: a lookup by name costs more than sealing a short message.
const EVP_CIPHER* cipher_of(AeadAlgorithm algorithm) {
  switch (algorithm) {
    case AeadAlgorithm::kAes128Gcm: {
      static const EVP_CIPHER* const kind = fetch_cipher("AES-128-GCM");
      return kind;
    }
    case AeadAlgorithm::kAes256Gcm: {
      static const EVP_CIPHER* const kind = fetch_cipher("AES-256-GCM");
      return kind;
    }
    case AeadAlgorithm::kChaCha20Poly1305: {
      static const EVP_CIPHER* const kind = fetch_cipher("ChaCha20-Poly1305");
      return kind;
    }
  }
  COCOON_CHECK(false);
}

// OpenSSL counts in int.
bool fits(BytesView bytes) {
  return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) - kAeadTagSize;
}

int length_of(BytesView bytes) { return static_cast<int>(bytes.size()); }

}  // namespace

std::size_t key_size(AeadAlgorithm algorithm) {
  switch (algorithm) {
    case AeadAlgorithm::kAes128Gcm:
      return 16;
    case AeadAlgorithm::kAes256Gcm:
    case AeadAlgorithm::kChaCha20Poly1305:
      return 32;
  }
  COCOON_CHECK(false);
}

// Most keys work in one direction only, so each direction's context is made at its first use and
// keeps its key schedule from then on.
struct Aead::State {
  AeadAlgorithm algorithm;
  SecretBytes key;
  openssl::CipherContext sealing;
  openssl::CipherContext opening;
};

Aead::Aead(std::unique_ptr<State> state) : state_(std::move(state)) {}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

Result<Aead> Aead::create(AeadAlgorithm algorithm, BytesView key) {
  if (key.size() != key_size(algorithm))
    return fail(CryptoError::kBadKey, "AEAD key of the wrong length");
  return Aead(std::make_unique<State>(State{algorithm, SecretBytes(to_bytes(key)),
                                            openssl::CipherContext(), openssl::CipherContext()}));
}

Status Aead::seal_append(const AeadNonce& nonce, BytesView aad, BytesView plaintext, Bytes& out) {
  COCOON_CHECK(state_ != nullptr);
  if (!fits(aad) || !fits(plaintext))
    return fail(CryptoError::kLibrary, "message too long to seal");
  if (state_->sealing == nullptr) {
    state_->sealing.reset(EVP_CIPHER_CTX_new());
    COCOON_CHECK(state_->sealing != nullptr);
    COCOON_CHECK(EVP_EncryptInit_ex2(state_->sealing.get(), cipher_of(state_->algorithm),
                                     raw(state_->key.expose()), nullptr, nullptr) == 1);
  }
  EVP_CIPHER_CTX* const context = state_->sealing.get();

  const std::size_t start = out.size();
  out.resize(start + plaintext.size() + kAeadTagSize);
  unsigned char* const body = raw(MutableBytesView(out).subspan(start));
  int written = 0;
  int final_length = 0;
  bool done = EVP_EncryptInit_ex2(context, nullptr, nullptr, raw(BytesView(nonce)), nullptr) == 1;
  if (done && !aad.empty()) {
    done = EVP_EncryptUpdate(context, nullptr, &written, raw(aad), length_of(aad)) == 1;
  }
  written = 0;
  if (done && !plaintext.empty()) {
    done = EVP_EncryptUpdate(context, body, &written, raw(plaintext), length_of(plaintext)) == 1;
  }
  done = done && written == length_of(plaintext) &&
         EVP_EncryptFinal_ex(context, body + written, &final_length) == 1 && final_length == 0 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kAeadTagSize, body + written) == 1;
  if (!done) {
    out.resize(start);
    return refuse(CryptoError::kLibrary, "sealing failed");
  }
  return {};
}

Status Aead::open_append(const AeadNonce& nonce, BytesView aad, BytesView ciphertext_and_tag,
                         Bytes& out) {
  COCOON_CHECK(state_ != nullptr);
  if (ciphertext_and_tag.size() < kAeadTagSize || !fits(aad) || !fits(ciphertext_and_tag)) {
    return fail(CryptoError::kDecryptFailed, "ciphertext of an impossible length");
  }
  if (state_->opening == nullptr) {
    state_->opening.reset(EVP_CIPHER_CTX_new());
    COCOON_CHECK(state_->opening != nullptr);
    COCOON_CHECK(EVP_DecryptInit_ex2(state_->opening.get(), cipher_of(state_->algorithm),
                                     raw(state_->key.expose()), nullptr, nullptr) == 1);
  }
  EVP_CIPHER_CTX* const context = state_->opening.get();

  const BytesView ciphertext = ciphertext_and_tag.first(ciphertext_and_tag.size() - kAeadTagSize);
  ByteArray<kAeadTagSize> tag;
  std::ranges::copy(ciphertext_and_tag.last(kAeadTagSize), tag.begin());

  const std::size_t start = out.size();
  out.resize(start + ciphertext.size());
  unsigned char* const body = raw(MutableBytesView(out).subspan(start));
  ByteArray<kAeadTagSize>
      no_more;  // where a block cipher mode would put its last block; these write nothing
  int written = 0;
  int final_length = 0;
  bool done = EVP_DecryptInit_ex2(context, nullptr, nullptr, raw(BytesView(nonce)), nullptr) == 1 &&
              EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kAeadTagSize, tag.data()) == 1;
  if (done && !aad.empty()) {
    done = EVP_DecryptUpdate(context, nullptr, &written, raw(aad), length_of(aad)) == 1;
  }
  written = 0;
  if (done && !ciphertext.empty()) {
    done = EVP_DecryptUpdate(context, body, &written, raw(ciphertext), length_of(ciphertext)) == 1;
  }
  done = done && written == length_of(ciphertext) &&
         EVP_DecryptFinal_ex(context, raw(MutableBytesView(no_more)), &final_length) == 1 &&
         final_length == 0;
  if (!done) {
    wipe(MutableBytesView(out).subspan(start));  // unauthenticated plaintext is nobody's to see
    out.resize(start);
    return refuse(CryptoError::kDecryptFailed, "ciphertext does not authenticate");
  }
  return {};
}

Result<Bytes> Aead::seal(const AeadNonce& nonce, BytesView aad, BytesView plaintext) {
  Bytes out;
  out.reserve(plaintext.size() + kAeadTagSize);
  TRY_VOID(seal_append(nonce, aad, plaintext, out));
  return out;
}

Result<Bytes> Aead::open(const AeadNonce& nonce, BytesView aad, BytesView ciphertext_and_tag) {
  Bytes out;
  TRY_VOID(open_append(nonce, aad, ciphertext_and_tag, out));
  return out;
}

AeadNonce nonce_for(const AeadNonce& base, std::uint64_t sequence) {
  AeadNonce nonce = base;
  for (std::size_t i = 0; i < 8; ++i) {
    nonce[kAeadNonceSize - 1 - i] ^= static_cast<std::byte>((sequence >> (8 * i)) & 0xffU);
  }
  return nonce;
}

}  // namespace cocoon::crypto
