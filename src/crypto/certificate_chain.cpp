#include <openssl/rsa.h>

#include <algorithm>

#include "crypto/certificate_state.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {
namespace {

using openssl::raw;
using openssl::refuse;

constexpr int kSecurityBitsMin = 112;  // shuts out SHA-1 and MD5 signatures and short RSA keys
constexpr std::size_t kChainMax = 8;

// A critical extension this room does not act on must stop the chain (RFC 5280 section 4.2).
bool understands_critical_extensions(const std::vector<x509::Extension>& extensions) {
  return std::ranges::all_of(extensions, [](const x509::Extension& extension) {
    return extension.weight == x509::Extension::Weight::kPlain || x509::is_understood(extension);
  });
}

std::unexpected<Error> weak() {
  return refuse(CryptoError::kUntrustedChain,
                "certificate signed with a weak or unknown algorithm");
}

// A signature that is neither ECDSA with the hash of the issuer's curve nor RSASSA-PSS as below, as
// OpenSSL sees it.
struct ForeignSignature {
  openssl::X509Handle subject;
  openssl::Pkey key;
};
Result<ForeignSignature> read_foreign(BytesView subject, BytesView issuer_public_key) {
  const unsigned char* cursor = raw(subject);
  ForeignSignature out;
  out.subject.reset(d2i_X509(nullptr, &cursor, static_cast<long>(subject.size())));
  cursor = raw(issuer_public_key);
  out.key.reset(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(issuer_public_key.size())));
  int security_bits = 0;
  if (out.subject == nullptr || out.key == nullptr ||
      EVP_PKEY_get_security_bits(out.key.get()) < kSecurityBitsMin ||
      X509_get_signature_info(out.subject.get(), nullptr, nullptr, &security_bits, nullptr) != 1 ||
      security_bits < kSecurityBitsMin) {
    return weak();
  }
  return out;
}

// AlgorithmIdentifier of RSASSA-PSS with SHA-384, MGF1 over SHA-384 and 48 bytes of salt (RFC 4055
// section 3.1), as AMD's authorities sign.
constexpr std::string_view kPssSha384 =
    "304606092a864886f70d01010a3039a00f300d06096086480165030402020500a11c301a06092a864886f70d010108"
    "300d06096086480165030402020500a203020130a303020101";
constexpr int kSha384Size = 48;

bool is_pss(const x509::Signed& issued) {
  static const Bytes algorithm = from_hex(kPssSha384).value();
  return equal(issued.algorithm, algorithm);
}

Result<openssl::Pkey> read_rsa_key(BytesView public_key) {
  const unsigned char* cursor = raw(public_key);
  openssl::Pkey key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(public_key.size())));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA ||
      EVP_PKEY_get_security_bits(key.get()) < kSecurityBitsMin) {
    return weak();
  }
  return key;
}

// A signature of that algorithm, without OpenSSL's reading the certificate anew.
Status verify_pss(const x509::Signed& issued, BytesView issuer_public_key) {
  TRY(const openssl::Pkey key, read_rsa_key(issuer_public_key));
  const openssl::MdContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* options = nullptr;  // the context's own
  const bool is_ready =
      context != nullptr &&
      EVP_DigestVerifyInit(context.get(), &options, EVP_sha384(), nullptr, key.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
      EVP_PKEY_CTX_set_rsa_mgf1_md(options, EVP_sha384()) == 1 &&
      EVP_PKEY_CTX_set_rsa_pss_saltlen(options, kSha384Size) == 1;
  if (!is_ready || EVP_DigestVerify(context.get(), raw(issued.signature), issued.signature.size(),
                                    raw(issued.message), issued.message.size()) != 1) {
    return refuse(CryptoError::kBadSignature, "certificate's signature does not verify");
  }
  return {};
}

Status check_name(const x509::CertificateFields& subject, const x509::CertificateFields& issuer) {
  if (!equal(subject.issuer, issuer.subject)) {
    return fail(CryptoError::kUntrustedChain, "certificate names another issuer");
  }
  return {};
}

}  // namespace

Status Certificate::verify_issued_by(const Certificate& issuer) const {
  const State& authority = *issuer.state_;
  TRY_VOID(check_name(state_->fields, authority.fields));
  const auto wrong = [] {
    return refuse(CryptoError::kBadSignature, "certificate's signature does not verify");
  };
  if (const auto verified = verify_ecdsa(state_->fields.issued, authority.key)) {
    if (!verified->has_value()) return wrong();
    return {};
  }
  if (is_pss(state_->fields.issued)) {
    return verify_pss(state_->fields.issued, authority.fields.public_key);
  }
  TRY(const ForeignSignature foreign, read_foreign(state_->der, authority.fields.public_key));
  if (X509_verify(foreign.subject.get(), foreign.key.get()) != 1) return wrong();
  return {};
}

// The name that a root gives its issuer, and the strength of the signature that nobody verifies.
Status Certificate::check_self_issued() const {
  TRY_VOID(check_name(state_->fields, state_->fields));
  if (is_ecdsa(state_->fields.issued, state_->key)) return {};
  if (is_pss(state_->fields.issued)) {
    TRY_VOID(read_rsa_key(state_->fields.public_key));
    return {};
  }
  TRY_VOID(read_foreign(state_->der, state_->fields.public_key));
  return {};
}

Result<Certificate> CertificateMemo::read(BytesView der) {
  const auto known = std::ranges::find_if(
      read_, [&](const Certificate& certificate) { return equal(certificate.der(), der); });
  if (known != read_.end()) return *known;
  TRY(Certificate certificate, Certificate::from_der(der));
  return read_.emplace_back(std::move(certificate));
}

Status CertificateMemo::verify_issued_by(const Certificate& subject, const Certificate& issuer) {
  const std::pair link(subject.fingerprint(), issuer.fingerprint());
  if (std::ranges::find(verified_, link) != verified_.end()) return {};
  TRY_VOID(subject.verify_issued_by(issuer));
  verified_.push_back(link);
  return {};
}

Status verify_chain_links(const std::vector<Certificate>& leaf_first) {
  CertificateMemo nothing;
  return verify_chain_links(leaf_first, nothing);
}

Status verify_chain_links(const std::vector<Certificate>& leaf_first, CertificateMemo& memo) {
  if (leaf_first.empty()) return fail(CryptoError::kUntrustedChain, "empty certificate chain");
  if (leaf_first.size() > kChainMax)
    return fail(CryptoError::kUntrustedChain, "certificate chain too long");
  std::size_t intermediates_below =
      0;  // that are not self-issued, the leaf not counted (RFC 5280 section 4.2.1.9)
  for (std::size_t i = 0; i < leaf_first.size(); ++i) {
    const Certificate& certificate = leaf_first[i];
    const x509::CertificateFields& fields = certificate.state_->fields;
    const x509::Powers& powers = certificate.state_->powers;
    const bool is_root = i + 1 == leaf_first.size();
    if (!understands_critical_extensions(fields.extensions)) {
      return fail(CryptoError::kUntrustedChain, "certificate with an unknown critical extension");
    }
    if (i > 0 || is_root) {
      if (!powers.is_authority || !powers.may_sign_certificates) {
        return fail(CryptoError::kUntrustedChain, "issuer is not a certificate authority");
      }
      if (powers.path_length && intermediates_below > *powers.path_length) {
        return fail(CryptoError::kUntrustedChain, "issuer's path length exceeded");
      }
      if (i > 0 && !equal(fields.issuer, fields.subject)) ++intermediates_below;
    }
    TRY_VOID(is_root ? certificate.check_self_issued()
                     : memo.verify_issued_by(certificate, leaf_first[i + 1]));
  }
  return {};
}

Validity common_validity(const std::vector<Certificate>& certificates) {
  Validity out{.first = UnixSeconds(0), .last = UnixSeconds(UINT32_MAX)};
  for (const Certificate& certificate : certificates) {
    out.first = std::max(out.first, certificate.not_before());
    out.last = std::min(out.last, certificate.not_after());
  }
  return out;
}

Status verify_chain(const std::vector<Certificate>& leaf_first, UnixSeconds at) {
  if (!common_validity(leaf_first).contains(at)) {
    return fail(CryptoError::kUntrustedChain, "certificate outside its validity");
  }
  return verify_chain_links(leaf_first);
}

Result<std::vector<Certificate>> order_chain(std::vector<Certificate> certificates) {
  const auto issued = [](const Certificate& issuer, const Certificate& subject) {
    return equal(issuer.state_->fields.subject, subject.state_->fields.issuer);
  };
  std::vector<Certificate> root_first;
  while (!certificates.empty()) {
    const auto next = std::ranges::find_if(certificates, [&](const Certificate& candidate) {
      return issued(root_first.empty() ? candidate : root_first.back(), candidate);
    });
    if (next == certificates.end()) {
      return fail(CryptoError::kUntrustedChain, "certificates that are not one chain");
    }
    root_first.push_back(*next);
    certificates.erase(next);
  }
  std::ranges::reverse(root_first);
  return root_first;
}

}  // namespace cocoon::crypto
