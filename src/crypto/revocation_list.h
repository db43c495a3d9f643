#pragma once

#include <memory>

#include "crypto/certificate.h"

namespace cocoon::crypto {

inline constexpr std::size_t kRevocationListBytesMax = 1024 * 1024;

// A certificate revocation list (RFC 5280 section 5).
class RevocationList {
 public:
  // kBadCertificate for anything but the one DER encoding of a list with both times, without
  // critical extensions, of at most kRevocationListBytesMax bytes.
  [[nodiscard]] static Result<RevocationList> from_der(BytesView der);

  [[nodiscard]] std::string issuer_common_name() const;
  // From this update to the next one.
  [[nodiscard]] const Validity& validity() const;
  // Names match, the issuer may sign lists, and the signature verifies.
  [[nodiscard]] Status verify_issued_by(const Certificate& issuer) const;
  // Whether the list's issuer has issued this certificate, by name.
  [[nodiscard]] bool covers(const Certificate& certificate) const;
  // Whether a certificate with this one's serial number is in the list.
  [[nodiscard]] bool revokes(const Certificate& certificate) const;

 private:
  struct State;
  explicit RevocationList(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// What a list made by issue_revocation_list() says. For tdx-sim's development root and for tests.
struct RevocationListTemplate {
  Validity validity;
  std::vector<Certificate> revoked;
};
// `issuer` is the certificate of `key`.
[[nodiscard]] Result<Bytes> issue_revocation_list(const RevocationListTemplate& what,
                                                  const Certificate& issuer,
                                                  const P256KeyPair& key);

}  // namespace cocoon::crypto
