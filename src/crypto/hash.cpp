#include "crypto/hash.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;

// Looking an algorithm up by name costs more than hashing a short message, so each is looked up
// once.
const EVP_MD* fetch_digest(const char* name) {
  const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  COCOON_CHECK(digest != nullptr);
  return digest;
}
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const digest = fetch_digest("SHA2-256");
  return digest;
}
const EVP_MD* sha384_algorithm() {
  static const EVP_MD* const digest = fetch_digest("SHA2-384");
  return digest;
}
const EVP_MD* sha512_algorithm() {
  static const EVP_MD* const digest = fetch_digest("SHA2-512");
  return digest;
}

openssl::MdContext start(const EVP_MD* algorithm) {
  openssl::MdContext context(EVP_MD_CTX_new());
  COCOON_CHECK(context != nullptr);
  COCOON_CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1);
  return context;
}

void absorb(EVP_MD_CTX* context, BytesView bytes) {
  COCOON_CHECK(EVP_DigestUpdate(context, raw(bytes), bytes.size()) == 1);
}

void squeeze_to(EVP_MD_CTX* context, MutableBytesView out) {
  unsigned int length = 0;
  COCOON_CHECK(EVP_DigestFinal_ex(context, raw(out), &length) == 1);
  COCOON_CHECK(length == out.size());
}

template <std::size_t N>
ByteArray<N> squeeze(EVP_MD_CTX* context) {
  ByteArray<N> out;
  squeeze_to(context, out);
  return out;
}

template <std::size_t N>
ByteArray<N> digest_of(const EVP_MD* algorithm, std::span<const BytesView> parts) {
  const openssl::MdContext context = start(algorithm);
  for (const BytesView part : parts) absorb(context.get(), part);
  return squeeze<N>(context.get());
}

// RFC 2104 section 2 over SHA-256. By the digest and not by EVP_MAC, which takes several times as
// long for a short message.
SecretArray<32> hmac_sha256(BytesView key, std::initializer_list<BytesView> parts) {
  constexpr std::size_t kBlock = 64;
  constexpr std::byte kInnerPad{0x36};
  constexpr std::byte kOuterPad{0x5c};
  SecretArray<kBlock> padded;
  const MutableBytesView block = padded.expose_mutable();
  if (key.size() <= kBlock) {
    std::ranges::copy(key, block.begin());
  } else {
    std::ranges::copy(sha256(key), block.begin());
  }
  for (std::byte& byte : block) byte ^= kInnerPad;
  const openssl::MdContext context = start(sha256_algorithm());
  absorb(context.get(), block);
  for (const BytesView part : parts) absorb(context.get(), part);
  SecretArray<32> out;
  squeeze_to(context.get(), out.expose_mutable());

  for (std::byte& byte : block) byte ^= kInnerPad ^ kOuterPad;
  COCOON_CHECK(EVP_DigestInit_ex2(context.get(), nullptr, nullptr) == 1);
  absorb(context.get(), block);
  absorb(context.get(), out.expose());
  squeeze_to(context.get(), out.expose_mutable());
  return out;
}

}  // namespace

Sha256Digest sha256(std::initializer_list<BytesView> parts) {
  return digest_of<32>(sha256_algorithm(), std::span(parts.begin(), parts.size()));
}

Sha256Digest sha256(BytesView bytes) { return sha256({bytes}); }

Sha384Digest sha384(BytesView bytes) {
  return digest_of<48>(sha384_algorithm(), std::span(&bytes, 1));
}

Sha512Digest sha512(std::initializer_list<BytesView> parts) {
  return digest_of<64>(sha512_algorithm(), std::span(parts.begin(), parts.size()));
}

struct Sha256::State {
  openssl::MdContext context = start(sha256_algorithm());
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(BytesView bytes) {
  COCOON_CHECK(state_ != nullptr);
  absorb(state_->context.get(), bytes);
}

Sha256Digest Sha256::finish() {
  COCOON_CHECK(state_ != nullptr);
  const Sha256Digest digest = squeeze<32>(state_->context.get());
  state_.reset();
  return digest;
}

HkdfPrk hkdf_extract(BytesView salt, BytesView input_key) {
  return hkdf_extract_parts(salt, {input_key});
}

HkdfPrk hkdf_extract_parts(BytesView salt, std::initializer_list<BytesView> input_key) {
  static constexpr ByteArray<32>
      kNoSalt{};  // what RFC 5869 section 2.2 puts where no salt is given
  return hmac_sha256(salt.empty() ? BytesView(kNoSalt) : salt, input_key);
}

Status hkdf_expand(const HkdfPrk& prk, BytesView info, MutableBytesView out) {
  constexpr std::size_t kBlock = 32;
  if (out.size() > 255 * kBlock) return fail(CryptoError::kBadKey, "HKDF output too long");
  SecretArray<kBlock> block;
  std::size_t written = 0;
  for (unsigned counter = 1; written < out.size(); ++counter) {
    const std::byte number{static_cast<unsigned char>(counter)};
    const BytesView previous = counter == 1 ? BytesView() : block.expose();
    block = hmac_sha256(prk.expose(), {previous, info, BytesView(&number, 1)});
    const std::size_t length = std::min(kBlock, out.size() - written);
    std::ranges::copy(block.expose().first(length), out.subspan(written).begin());
    written += length;
  }
  return {};
}

}  // namespace cocoon::crypto
