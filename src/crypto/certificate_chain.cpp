#include <openssl/objects.h>

#include <algorithm>

#include "crypto/certificate_state.h"

namespace cocoon::crypto {
namespace {

using openssl::refuse;

constexpr int kSecurityBitsMin = 112;  // shuts out SHA-1 and MD5 signatures and short RSA keys
constexpr std::size_t kChainMax = 8;

// A critical extension this room does not act on must stop the chain (RFC 5280 section 4.2).
bool understands_critical_extensions(const X509* certificate) {
  for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
    X509_EXTENSION* extension = X509_get_ext(certificate, i);
    if (X509_EXTENSION_get_critical(extension) == 0) continue;
    const int kind = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
    if (kind != NID_basic_constraints && kind != NID_key_usage) return false;
  }
  return true;
}

bool may_sign_certificates(X509* certificate) {
  const std::uint32_t flags = X509_get_extension_flags(certificate);
  return (flags & EXFLAG_KUSAGE) != 0 && (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) != 0;
}

bool is_self_issued(const X509* certificate) {
  return X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(certificate)) == 0;
}

// The names match, and neither the key nor the signature's algorithm is weak.
Status check_issuer(X509* subject, X509* authority) {
  if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(authority)) != 0) {
    return fail(CryptoError::kUntrustedChain, "certificate names another issuer");
  }
  const EVP_PKEY* const key = X509_get0_pubkey(authority);
  int security_bits = 0;
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < kSecurityBitsMin ||
      X509_get_signature_info(subject, nullptr, nullptr, &security_bits, nullptr) != 1 ||
      security_bits < kSecurityBitsMin) {
    return refuse(CryptoError::kUntrustedChain,
                  "certificate signed with a weak or unknown algorithm");
  }
  return {};
}

}  // namespace

Status Certificate::verify_issued_by(const Certificate& issuer) const {
  X509* const subject = state_->x509.get();
  X509* const authority = issuer.state_->x509.get();
  TRY_VOID(check_issuer(subject, authority));
  if (X509_verify(subject, X509_get0_pubkey(authority)) != 1) {
    return refuse(CryptoError::kBadSignature, "certificate's signature does not verify");
  }
  return {};
}

Status verify_chain_links(const std::vector<Certificate>& leaf_first) {
  if (leaf_first.empty()) return fail(CryptoError::kUntrustedChain, "empty certificate chain");
  if (leaf_first.size() > kChainMax)
    return fail(CryptoError::kUntrustedChain, "certificate chain too long");
  long intermediates_below =
      0;  // that are not self-issued, the leaf not counted (RFC 5280 section 4.2.1.9)
  for (std::size_t i = 0; i < leaf_first.size(); ++i) {
    const Certificate& certificate = leaf_first[i];
    X509* const x509 = certificate.state_->x509.get();
    const bool is_root = i + 1 == leaf_first.size();
    if (!understands_critical_extensions(x509)) {
      return fail(CryptoError::kUntrustedChain, "certificate with an unknown critical extension");
    }
    if (i > 0 || is_root) {
      if (!certificate.is_certificate_authority() || !may_sign_certificates(x509)) {
        return fail(CryptoError::kUntrustedChain, "issuer is not a certificate authority");
      }
      const long path_length = X509_get_pathlen(x509);  // -1: unlimited
      if (path_length >= 0 && intermediates_below > path_length) {
        return fail(CryptoError::kUntrustedChain, "issuer's path length exceeded");
      }
      if (i > 0 && !is_self_issued(x509)) ++intermediates_below;
    }
    TRY_VOID(is_root ? check_issuer(x509, x509) : certificate.verify_issued_by(leaf_first[i + 1]));
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
    return X509_NAME_cmp(X509_get_subject_name(issuer.state_->x509.get()),
                         X509_get_issuer_name(subject.state_->x509.get())) == 0;
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
