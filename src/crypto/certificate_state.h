#pragma once

#include "crypto/certificate.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {

namespace openssl {
// Seconds since 1970 of an ASN.1 time. A moment past 2106 (RFC 5280's "no expiry" is 9999) counts
// as the last one we can write; one before 1970 is refused.
[[nodiscard]] Result<UnixSeconds> unix_seconds(const ASN1_TIME* time);
// Empty if there is none, or none that can be read.
[[nodiscard]] std::string common_name(const X509_NAME* name);
}  // namespace openssl

// For this room's sources only. `x509` is not changed after parsing, but OpenSSL fills caches in it
// under its own lock.
struct Certificate::State {
  openssl::X509Handle x509;
  Bytes der;
  UnixSeconds not_before;
  UnixSeconds not_after;
};

}  // namespace cocoon::crypto
