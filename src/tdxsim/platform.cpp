#include "tdxsim/platform.h"

#include "codec/base64.h"
#include "codec/cbor.h"
#include "tdxsim/vendor.h"

namespace cocoon::tdxsim {
namespace {

using codec::Cbor;
using crypto::P256KeyPair;

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
  TRY(const Vendor vendor, Vendor::create(random, now));
  return vendor.make_platform(random, options);
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
