#include "tdxsim/vendor.h"

#include "tdxsim/collateral.h"
#include "tdxsim/draw_key.h"
#include "tdxsim/sgx_extension.h"

namespace cocoon::tdxsim {
namespace {

using crypto::CertificateTemplate;
using crypto::P256KeyPair;

constexpr std::uint32_t kValidSeconds = 10U * 365 * 86'400;
constexpr std::uint32_t kBackdatedSeconds = 86'400;  // clocks of the machines around differ
constexpr const char* kRootName = "Cocoon DEV SGX Root CA";
constexpr const char* kPlatformCaName = "Cocoon DEV SGX PCK Platform CA";
constexpr const char* kProcessorCaName = "Cocoon DEV SGX PCK Processor CA";
constexpr const char* kSignerName = "Cocoon DEV SGX TCB Signing";
constexpr const char* kLeafName = "Cocoon DEV SGX PCK Certificate";

// A certificate of the vendor's with a serial number of its own.
CertificateTemplate fresh_template(const Platform::FillRandom& random, UnixSeconds now) {
  CertificateTemplate out;
  out.not_before = UnixSeconds(now.value() - kBackdatedSeconds);
  out.not_after = UnixSeconds(now.value() + kValidSeconds);
  ByteArray<4> serial{};
  random(serial);
  for (const std::byte byte : serial)
    out.serial = out.serial << 8U | std::to_integer<std::uint64_t>(byte);
  return out;
}

}  // namespace

Result<Vendor> Vendor::create(const Platform::FillRandom& random, UnixSeconds now, Ca kind) {
  TRY(P256KeyPair root_key, draw_key<P256KeyPair>(random));
  TRY(P256KeyPair ca_key, draw_key<P256KeyPair>(random));
  TRY(P256KeyPair signer_key, draw_key<P256KeyPair>(random));
  TRY(P256KeyPair other_ca_key, draw_key<P256KeyPair>(random));
  CertificateTemplate what = fresh_template(random, now);
  what.kind = CertificateTemplate::Kind::kAuthority;
  what.common_name = what.issuer_common_name = kRootName;
  what.subject_key = root_key.public_key();
  TRY(crypto::Certificate root, crypto::issue_certificate(what, root_key));
  ++what.serial;
  what.common_name = kind == Ca::kPlatform ? kPlatformCaName : kProcessorCaName;
  what.subject_key = ca_key.public_key();
  TRY(crypto::Certificate ca, crypto::issue_certificate(what, root_key));
  ++what.serial;
  what.common_name = kind == Ca::kPlatform ? kProcessorCaName : kPlatformCaName;
  what.subject_key = other_ca_key.public_key();
  TRY(crypto::Certificate other_ca, crypto::issue_certificate(what, root_key));
  ++what.serial;
  what.kind = CertificateTemplate::Kind::kLeaf;
  what.common_name = kSignerName;
  what.subject_key = signer_key.public_key();
  TRY(crypto::Certificate signer, crypto::issue_certificate(what, root_key));
  return Vendor(now, std::move(root_key), std::move(root), {std::move(ca), std::move(ca_key)},
                {std::move(other_ca), std::move(other_ca_key)},
                {std::move(signer), std::move(signer_key)});
}

Result<Platform> Vendor::make_platform(const Platform::FillRandom& random,
                                       const CollateralOptions& options) const {
  TRY(P256KeyPair pck, draw_key<P256KeyPair>(random));
  TRY(P256KeyPair attestation, draw_key<P256KeyPair>(random));
  ByteArray<16> ppid{};
  random(ppid);
  CertificateTemplate what = fresh_template(random, now_);
  what.kind = CertificateTemplate::Kind::kLeaf;
  what.issuer_common_name = ca_.certificate.subject_common_name();
  what.common_name = kLeafName;
  what.subject_key = pck.public_key();
  what.extensions.emplace_back(kSgxExtensionOid, sgx_extension(ppid));
  TRY(crypto::Certificate leaf, crypto::issue_certificate(what, ca_.key));
  TRY(std::string collateral, collateral_of(leaf, now_, options));
  return Platform(std::move(pck), std::move(attestation), {std::move(leaf), ca_.certificate, root_},
                  std::move(collateral));
}

Result<std::string> Vendor::publish(const Platform& platform, UnixSeconds now,
                                    const CollateralOptions& options) const {
  return collateral_of(platform.pck_certificate(), now, options);
}

Result<std::string> Vendor::collateral_of(const crypto::Certificate& pck, UnixSeconds now,
                                          const CollateralOptions& options) const {
  const Signer& lister =
      options.pck_list == CollateralOptions::PckList::kOfIssuer ? ca_ : other_ca_;
  return make_collateral({.root = root_,
                          .root_key = root_key_,
                          .ca = lister.certificate,
                          .ca_key = lister.key,
                          .signer = tcb_signer_.certificate,
                          .signer_key = tcb_signer_.key,
                          .pck = pck},
                         now, options);
}

}  // namespace cocoon::tdxsim
