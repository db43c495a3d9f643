#include "tdxsim/platform.h"

#include "codec/base64.h"
#include "codec/cbor.h"
#include "tdxsim/collateral.h"
#include "tdxsim/draw_key.h"
#include "tdxsim/sgx_extension.h"

namespace cocoon::tdxsim {
namespace {

using codec::Cbor;
using crypto::CertificateTemplate;
using crypto::P256KeyPair;

constexpr std::uint32_t kValidSeconds = 10U * 365 * 86'400;
constexpr std::uint32_t kBackdatedSeconds = 86'400;  // clocks of the machines around differ
constexpr const char* kRootName = "Cocoon DEV SGX Root CA";
constexpr const char* kCaName = "Cocoon DEV SGX PCK Platform CA";
constexpr const char* kSignerName = "Cocoon DEV SGX TCB Signing";
constexpr const char* kLeafName = "Cocoon DEV SGX PCK Certificate";

enum Key : std::int64_t {
  kKeyVersion = 1,
  kKeyPck = 2,
  kKeyAttestation = 3,
  kKeyLeaf = 4,
  kKeyCa = 5,
  kKeyRoot = 6,
  kKeyCollateral = 7,
};

constexpr std::uint64_t kFileVersion = 2;
constexpr std::size_t kCollateralBytesMax = 256 * 1024;

Result<P256KeyPair> key_field(codec::CborFields& fields, Key key) {
  TRY(const BytesView scalar, fields.bytes(key));
  TRY(SecretArray<32> secret, SecretArray<32>::copy_of(scalar));
  return P256KeyPair::from_private(std::move(secret));
}

Result<crypto::Certificate> certificate_field(codec::CborFields& fields, Key key) {
  TRY(const BytesView der, fields.bytes(key));
  return crypto::Certificate::from_der(der);
}

}  // namespace

Result<Platform> Platform::create(const FillRandom& random, UnixSeconds now,
                                  const CollateralOptions& options) {
  TRY(const P256KeyPair root_key, draw_key<P256KeyPair>(random));
  TRY(const P256KeyPair ca_key, draw_key<P256KeyPair>(random));
  TRY(P256KeyPair pck, draw_key<P256KeyPair>(random));
  TRY(P256KeyPair attestation, draw_key<P256KeyPair>(random));
  ByteArray<16> ppid{};
  random(ppid);
  ByteArray<4> serial{};
  random(serial);
  CertificateTemplate what;
  what.not_before = UnixSeconds(now.value() - kBackdatedSeconds);
  what.not_after = UnixSeconds(now.value() + kValidSeconds);
  for (const std::byte byte : serial)
    what.serial = what.serial << 8U | std::to_integer<std::uint64_t>(byte);

  what.kind = CertificateTemplate::Kind::kAuthority;
  what.common_name = what.issuer_common_name = kRootName;
  what.subject_key = root_key.public_key();
  TRY(crypto::Certificate root, crypto::issue_certificate(what, root_key));
  ++what.serial;
  what.common_name = kCaName;
  what.subject_key = ca_key.public_key();
  TRY(crypto::Certificate ca, crypto::issue_certificate(what, root_key));
  ++what.serial;
  what.kind = CertificateTemplate::Kind::kLeaf;
  what.issuer_common_name = kCaName;
  what.common_name = kLeafName;
  what.subject_key = pck.public_key();
  what.extensions.emplace_back(kSgxExtensionOid, sgx_extension(ppid));
  TRY(crypto::Certificate leaf, crypto::issue_certificate(what, ca_key));

  TRY(const P256KeyPair signer_key, draw_key<P256KeyPair>(random));
  ++what.serial;
  what.issuer_common_name = kRootName;
  what.common_name = kSignerName;
  what.subject_key = signer_key.public_key();
  what.extensions.clear();
  TRY(crypto::Certificate signer, crypto::issue_certificate(what, root_key));
  const CollateralSigners signers{.root = root,
                                  .root_key = root_key,
                                  .ca = ca,
                                  .ca_key = ca_key,
                                  .signer = signer,
                                  .signer_key = signer_key,
                                  .pck = leaf};
  TRY(std::string collateral, make_collateral(signers, now, options));
  return Platform(std::move(pck), std::move(attestation),
                  {std::move(leaf), std::move(ca), std::move(root)}, std::move(collateral));
}

SecretBytes Platform::save() const {
  const auto key = [](Key number) { return Cbor::integer(number); };
  return SecretBytes(codec::encode_cbor(Cbor::map({
      {key(kKeyVersion), Cbor::unsigned_integer(kFileVersion)},
      {key(kKeyPck), Cbor::bytes(pck_.expose_private())},
      {key(kKeyAttestation), Cbor::bytes(attestation_.expose_private())},
      {key(kKeyLeaf), Cbor::bytes(chain_[0].der())},
      {key(kKeyCa), Cbor::bytes(chain_[1].der())},
      {key(kKeyRoot), Cbor::bytes(chain_[2].der())},
      {key(kKeyCollateral), Cbor::bytes(as_bytes(collateral_))},
  })));
}

Result<Platform> Platform::load(BytesView saved) {
  TRY(const Cbor item, codec::decode_cbor(saved, {.depth = 2, .items = 32}));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kFileVersion)
    return fail(codec::CodecError::kMalformed, "unknown version of the platform file");
  TRY(P256KeyPair pck, key_field(fields, kKeyPck));
  TRY(P256KeyPair attestation, key_field(fields, kKeyAttestation));
  TRY(crypto::Certificate leaf, certificate_field(fields, kKeyLeaf));
  TRY(crypto::Certificate ca, certificate_field(fields, kKeyCa));
  TRY(crypto::Certificate root, certificate_field(fields, kKeyRoot));
  TRY(const BytesView collateral, fields.bytes(kKeyCollateral));
  TRY_VOID(fields.finish());
  if (collateral.size() > kCollateralBytesMax) {
    return fail(codec::CodecError::kTooLarge, "collateral of the platform file too long");
  }
  return Platform(std::move(pck), std::move(attestation),
                  {std::move(leaf), std::move(ca), std::move(root)},
                  std::string(as_text(collateral)));
}

attest::RootFingerprint Platform::root_fingerprint() const { return root().fingerprint(); }

std::string to_pem(const crypto::Certificate& certificate) {
  constexpr std::size_t kLine = 64;  // RFC 7468 §2
  const std::string text = codec::to_base64(certificate.der());
  std::string out = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += kLine) out += text.substr(at, kLine) + "\n";
  return out + "-----END CERTIFICATE-----\n";
}

}  // namespace cocoon::tdxsim
