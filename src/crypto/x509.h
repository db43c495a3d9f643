#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/strong.h"
#include "codec/der.h"
#include "crypto/error.h"

// The structure of certificates and revocation lists (RFC 5280 sections 4.1 and 5.1), strictly DER.
// For this room's sources only; every view is into the bytes that were read, and every failure is
// kBadCertificate.
namespace cocoon::crypto::x509 {

struct Extension {
  BytesView oid;  // content
  enum class Weight : std::uint8_t { kPlain, kCritical } weight = Weight::kPlain;
  BytesView value;
};

// What the issuer signed, with what algorithm.
struct Signed {
  BytesView message;    // the whole element
  BytesView algorithm;  // AlgorithmIdentifier, whole; the same one inside and outside
  BytesView signature;
};

struct CertificateFields {
  Signed issued;
  BytesView serial;  // content
  BytesView issuer;  // Name, whole
  UnixSeconds not_before;
  UnixSeconds not_after;
  BytesView subject;
  BytesView public_key;  // SubjectPublicKeyInfo, whole
  std::vector<Extension> extensions;
};
// Version 3 only; each extension at most once.
[[nodiscard]] Result<CertificateFields> read_certificate(BytesView der);

struct ListFields {
  Signed issued;
  BytesView issuer;
  UnixSeconds this_update;
  UnixSeconds next_update;
  std::vector<BytesView> serials;  // contents, of the revoked certificates
};
// Version 2 with both times only. A critical extension, of the list or of an entry, is refused: it
// would say that the list means less, or other things, than its entries.
[[nodiscard]] Result<ListFields> read_list(BytesView der);

// BasicConstraints and KeyUsage (RFC 5280 sections 4.2.1.9 and 4.2.1.3).
struct Powers {
  bool is_authority = false;
  bool may_sign_certificates = false;  // both false without a KeyUsage
  bool may_sign_lists = false;
  std::optional<std::uint64_t> path_length;
};
[[nodiscard]] Result<Powers> read_powers(const std::vector<Extension>& extensions);
// Whether this room acts on it, so that it may be critical.
[[nodiscard]] bool is_understood(const Extension& extension);

// The first common name in UTF-8; empty if there is none.
[[nodiscard]] std::string common_name(BytesView name);

}  // namespace cocoon::crypto::x509
