#pragma once

#include "crypto/certificate.h"
#include "crypto/openssl_handles.h"

namespace cocoon::crypto {

// For this room's sources only. `x509` is not changed after parsing, but OpenSSL fills caches in it
// under its own lock.
struct Certificate::State {
  openssl::X509Handle x509;
  Bytes der;
  UnixSeconds not_before;
  UnixSeconds not_after;
};

}  // namespace cocoon::crypto
