#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/strong.h"
#include "crypto/ecdsa.h"
#include "crypto/error.h"
#include "crypto/keys.h"

namespace cocoon::crypto {

// SHA-256 of a certificate's DER: which root a policy names.
using CertificateFingerprint = TaggedBytes<struct CertificateFingerprintTag, 32>;

// An X.509 certificate of version 3 (RFC 5280), strictly DER. Names are compared byte by byte. What
// an extension says is opaque, but for BasicConstraints and KeyUsage.
class Certificate {
 public:
  [[nodiscard]] static Result<Certificate> from_der(BytesView der);
  // Every certificate of a PEM text in order; at most `max_count`; one trailing NUL is allowed
  // (Intel's quotes have it).
  [[nodiscard]] static Result<std::vector<Certificate>> from_pem_chain(std::string_view pem,
                                                                       std::size_t max_count);
  [[nodiscard]] static Result<std::vector<Certificate>> from_pem_chain(std::string_view pem,
                                                                       std::size_t max_count,
                                                                       class CertificateMemo& memo);

  [[nodiscard]] const Bytes& der() const;
  [[nodiscard]] CertificateFingerprint fingerprint() const;
  [[nodiscard]] std::string subject_common_name() const;  // empty if there is none
  [[nodiscard]] std::string issuer_common_name() const;
  [[nodiscard]] UnixSeconds not_before() const;
  [[nodiscard]] UnixSeconds not_after() const;
  [[nodiscard]] bool is_certificate_authority() const;  // BasicConstraints
  // kBadCertificate unless the key is one of that curve; a certificate whose key is no point of its
  // curve does not parse.
  [[nodiscard]] Result<P256PublicKey> p256_public_key() const;
  [[nodiscard]] Result<P384PublicKey> p384_public_key() const;
  // The same, ready to verify with.
  [[nodiscard]] Result<P256Verifier> p256_verifier() const;
  [[nodiscard]] Result<P384Verifier> p384_verifier() const;
  // DER value of the extension with this dotted OID, if present.
  [[nodiscard]] std::optional<Bytes> extension(std::string_view oid) const;

  // Names match and the signature verifies: `issuer` issued this. Refuses algorithms below 112 bits
  // of security. Says nothing about validity or about what the issuer may do: that is
  // verify_chain().
  [[nodiscard]] Status verify_issued_by(const Certificate& issuer) const;

 private:
  friend class RevocationList;
  friend Status verify_chain_links(const std::vector<Certificate>&, class CertificateMemo&);
  friend Result<std::vector<Certificate>> order_chain(std::vector<Certificate> certificates);
  [[nodiscard]] Status check_self_issued() const;
  struct State;
  explicit Certificate(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

// The certificates that one judgement has read and the links it has verified: a certificate that
// stands in several chains is read once, and a link that two chains share is verified once.
class CertificateMemo {
 public:
  // As Certificate::from_der().
  [[nodiscard]] Result<Certificate> read(BytesView der);
  // As Certificate::verify_issued_by(), of certificates that this memo has read.
  [[nodiscard]] Status verify_issued_by(const Certificate& subject, const Certificate& issuer);

 private:
  std::vector<Certificate> read_;
  std::vector<std::pair<CertificateFingerprint, CertificateFingerprint>> verified_;
};

// From the first to the last second, both included; empty if `last` is before `first`.
struct Validity {
  UnixSeconds first;
  UnixSeconds last;
  [[nodiscard]] bool contains(UnixSeconds at) const { return first <= at && at <= last; }
};
// When all of them are valid.
[[nodiscard]] Validity common_validity(const std::vector<Certificate>& certificates);

// Checks leaf ← … ← root: each issued by the next, the last self-issued, every issuer a CA with
// keyCertSign, no issuer's path length exceeded, no critical extension that this room does not
// know. Does not decide when the chain is valid, nor whether the root is trusted: whoever trusts
// one knows its bytes, so that a root's signature of itself says nothing and is not verified
// (RFC 5280 section 6.1).
[[nodiscard]] Status verify_chain_links(const std::vector<Certificate>& leaf_first);
[[nodiscard]] Status verify_chain_links(const std::vector<Certificate>& leaf_first,
                                        CertificateMemo& memo);
// The same, and every validity window contains `at`.
[[nodiscard]] Status verify_chain(const std::vector<Certificate>& leaf_first, UnixSeconds at);
// The same certificates, leaf first, whatever order they came in; kUntrustedChain unless they are
// one line by the names of their issuers, with one self-issued end.
[[nodiscard]] Result<std::vector<Certificate>> order_chain(std::vector<Certificate> certificates);

// What a certificate made by issue_certificate() says. For tdx-sim's development root and for
// tests.
struct CertificateTemplate {
  std::string common_name;
  std::string issuer_common_name;
  UnixSeconds not_before;
  UnixSeconds not_after;
  std::uint64_t serial = 1;
  enum class Kind : std::uint8_t { kAuthority, kLeaf } kind = Kind::kLeaf;
  std::variant<P256PublicKey, P384PublicKey> subject_key;
  std::vector<std::pair<std::string, Bytes>> extensions;   // dotted OID, DER value; not critical
  std::optional<std::uint8_t> path_length = std::nullopt;  // an authority's; none: unlimited
};
[[nodiscard]] Result<Certificate> issue_certificate(const CertificateTemplate& what,
                                                    const P256KeyPair& issuer);
[[nodiscard]] Result<Certificate> issue_certificate(const CertificateTemplate& what,
                                                    const P384KeyPair& issuer);

}  // namespace cocoon::crypto
