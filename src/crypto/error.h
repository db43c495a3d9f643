#pragma once

#include "base/result.h"

namespace cocoon::crypto {

enum class CryptoError : std::uint16_t {
  kBadKey = 1,          // wrong length, not on the curve, or a point of small order
  kBadSignature = 2,    // the signature does not verify
  kDecryptFailed = 3,   // authentication tag mismatch
  kBadCertificate = 4,  // not parsable, or not of the shape asked for
  kUntrustedChain = 5,  // certificates that do not lead to the given root at the given time
  kLibrary = 6,         // OpenSSL refused for a reason of its own
};
constexpr Library library_of(CryptoError) { return Library::kCrypto; }

}  // namespace cocoon::crypto
