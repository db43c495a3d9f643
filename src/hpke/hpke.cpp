#include "hpke/hpke.h"

#include <array>
#include <limits>

#include "base/check.h"
#include "base/reader.h"
#include "crypto/hash.h"

namespace cocoon::hpke {
namespace {

constexpr std::uint16_t kKemId = 0x0020;  // DHKEM(X25519, HKDF-SHA256)
constexpr std::uint16_t kKdfId = 0x0001;  // HKDF-SHA256
constexpr std::byte kModeBase{0};

constexpr std::byte high(std::uint16_t value) { return static_cast<std::byte>(value >> 8U); }
constexpr std::byte low(std::uint16_t value) { return static_cast<std::byte>(value & 0xffU); }
constexpr std::byte letter(char c) { return static_cast<std::byte>(c); }

// "KEM" ‖ kem_id.
constexpr ByteArray<5> kKemSuite{letter('K'), letter('E'), letter('M'), high(kKemId), low(kKemId)};

// "HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id.
ByteArray<10> hpke_suite(AeadId aead) {
  const auto aead_id = static_cast<std::uint16_t>(aead);
  return {letter('H'), letter('P'),  letter('K'), letter('E'),   high(kKemId),
          low(kKemId), high(kKdfId), low(kKdfId), high(aead_id), low(aead_id)};
}

// RFC 9180 §4, LabeledExtract and LabeledExpand.
crypto::HkdfPrk labeled_extract(BytesView suite, BytesView salt, std::string_view label,
                                BytesView input_key) {
  return crypto::hkdf_extract_parts(salt, {as_bytes("HPKE-v1"), suite, as_bytes(label), input_key});
}

void labeled_expand(BytesView suite, const crypto::HkdfPrk& prk, std::string_view label,
                    BytesView info, MutableBytesView out) {
  COCOON_CHECK(out.size() <= std::size_t{255} * 32);
  const auto length = static_cast<std::uint16_t>(out.size());
  const ByteArray<2> length_bytes{high(length), low(length)};
  const Bytes labeled_info =
      concat({length_bytes, as_bytes("HPKE-v1"), suite, as_bytes(label), info});
  COCOON_CHECK(crypto::hkdf_expand(prk, labeled_info, out).has_value());
}

// RFC 9180 §4.1, ExtractAndExpand with kem_context = enc ‖ pkR.
SecretArray<32> extract_and_expand(const SecretArray<32>& dh, const crypto::X25519PublicKey& enc,
                                   const crypto::X25519PublicKey& recipient) {
  const crypto::HkdfPrk prk = labeled_extract(kKemSuite, BytesView(), "eae_prk", dh.expose());
  SecretArray<32> shared_secret;
  labeled_expand(kKemSuite, prk, "shared_secret", concat({enc.view(), recipient.view()}),
                 shared_secret.expose_mutable());
  return shared_secret;
}

std::optional<crypto::AeadAlgorithm> algorithm_of(AeadId aead) {
  switch (aead) {
    case AeadId::kAes128Gcm:
      return crypto::AeadAlgorithm::kAes128Gcm;
    case AeadId::kAes256Gcm:
      return crypto::AeadAlgorithm::kAes256Gcm;
    case AeadId::kChaCha20Poly1305:
      return crypto::AeadAlgorithm::kChaCha20Poly1305;
    case AeadId::kExportOnly:
      return std::nullopt;
  }
  COCOON_CHECK(false);
}

}  // namespace

// RFC 9180 §5.1, KeySchedule in mode_base: no PSK.
Result<Context> key_schedule(AeadId aead_id, BytesView shared_secret, BytesView info) {
  const ByteArray<10> suite = hpke_suite(aead_id);
  const crypto::HkdfPrk psk_id_hash =
      labeled_extract(suite, BytesView(), "psk_id_hash", BytesView());
  const crypto::HkdfPrk info_hash = labeled_extract(suite, BytesView(), "info_hash", info);
  const Bytes schedule_context =
      concat({BytesView(&kModeBase, 1), psk_id_hash.expose(), info_hash.expose()});
  const crypto::HkdfPrk secret = labeled_extract(suite, shared_secret, "secret", BytesView());

  SecretArray<32> exporter_secret;
  labeled_expand(suite, secret, "exp", schedule_context, exporter_secret.expose_mutable());
  crypto::AeadNonce base_nonce{};
  std::optional<crypto::Aead> aead;
  if (const auto algorithm = algorithm_of(aead_id)) {
    SecretArray<32> key;  // the first key_size() bytes of it
    const std::size_t key_length = crypto::key_size(*algorithm);
    labeled_expand(suite, secret, "key", schedule_context, key.expose_mutable().first(key_length));
    labeled_expand(suite, secret, "base_nonce", schedule_context, base_nonce);
    TRY(aead, crypto::Aead::create(*algorithm, key.expose().first(key_length)));
  }
  return Context(aead_id, std::move(aead), base_nonce, std::move(exporter_secret));
}

Context::Context(AeadId aead_id, std::optional<crypto::Aead> aead, crypto::AeadNonce base_nonce,
                 SecretArray<32> exporter_secret)
    : aead_id_(aead_id),
      aead_(std::move(aead)),
      base_nonce_(base_nonce),
      exporter_secret_(std::move(exporter_secret)) {}

Result<crypto::AeadNonce> Context::current_nonce() const {
  if (sequence_ == std::numeric_limits<std::uint64_t>::max()) {
    return fail(HpkeError::kMessageLimit, "HPKE message limit reached");
  }
  return crypto::nonce_for(base_nonce_, sequence_);
}

Result<Bytes> Context::seal(BytesView aad, BytesView plaintext) {
  if (!aead_.has_value()) return fail(HpkeError::kExportOnly, "this HPKE context only exports");
  TRY(const crypto::AeadNonce nonce, current_nonce());
  TRY(Bytes sealed, aead_->seal(nonce, aad, plaintext));
  ++sequence_;
  return sealed;
}

Result<Bytes> Context::open(BytesView aad, BytesView ciphertext) {
  if (!aead_.has_value()) return fail(HpkeError::kExportOnly, "this HPKE context only exports");
  TRY(const crypto::AeadNonce nonce, current_nonce());
  Result<Bytes> opened = aead_->open(nonce, aad, ciphertext);
  if (!opened.has_value())
    return fail(HpkeError::kOpenFailed, "HPKE ciphertext does not authenticate");
  ++sequence_;
  return opened;
}

void Context::export_into(BytesView exporter_context, MutableBytesView out) const {
  labeled_expand(hpke_suite(aead_id_), exporter_secret_, "sec", exporter_context, out);
}

Result<SenderSetup> setup_sender(AeadId aead, const crypto::X25519PublicKey& recipient,
                                 BytesView info, const crypto::X25519KeyPair& ephemeral) {
  const Result<SecretArray<32>> dh = ephemeral.shared_secret(recipient);
  if (!dh.has_value())
    return fail(HpkeError::kBadEncapsulation, "recipient's HPKE key is of small order");
  const SecretArray<32> shared_secret = extract_and_expand(*dh, ephemeral.public_key(), recipient);
  TRY(Context context, key_schedule(aead, shared_secret.expose(), info));
  return SenderSetup{ephemeral.public_key(), std::move(context)};
}

Result<Context> setup_receiver(AeadId aead, const crypto::X25519PublicKey& enc,
                               const crypto::X25519KeyPair& recipient, BytesView info) {
  const Result<SecretArray<32>> dh = recipient.shared_secret(enc);
  if (!dh.has_value())
    return fail(HpkeError::kBadEncapsulation, "HPKE encapsulation is of small order");
  const SecretArray<32> shared_secret = extract_and_expand(*dh, enc, recipient.public_key());
  return key_schedule(aead, shared_secret.expose(), info);
}

}  // namespace cocoon::hpke
