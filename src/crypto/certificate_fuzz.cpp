#include "base/check.h"
#include "crypto/certificate.h"
#include "crypto/openssl_handles.h"

namespace {

using cocoon::BytesView;
using cocoon::crypto::Certificate;
namespace openssl = cocoon::crypto::openssl;

// Whatever parses is written back as it was read, and every question may be asked of it.
void examine(const Certificate& certificate) {
  const auto again = Certificate::from_der(certificate.der());
  COCOON_CHECK(again.has_value());
  COCOON_CHECK(again->der() == certificate.der());
  COCOON_CHECK(again->subject_common_name() == certificate.subject_common_name());
  COCOON_CHECK(again->issuer_common_name() == certificate.issuer_common_name());
  COCOON_CHECK(again->p256_public_key().has_value() == certificate.p256_public_key().has_value());
  COCOON_CHECK(again->extension("1.2.840.113741.1.13.1") ==
               certificate.extension("1.2.840.113741.1.13.1"));
  COCOON_CHECK(again->not_before() == certificate.not_before());
}

// Seconds from `at` to OpenSSL's time, past 2106 and before 1970 aside.
bool is_same_time(const ASN1_TIME* theirs, cocoon::UnixSeconds at) {
  const openssl::TimeHandle ours(ASN1_TIME_set(nullptr, at.value()));
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, ours.get(), theirs) != 1) return false;
  return (days == 0 && seconds == 0) || (at.value() == UINT32_MAX && days >= 0 && seconds >= 0);
}

// OpenSSL is laxer in places and stricter about names; where both read a certificate, they read the
// same.
void compare(const Certificate& certificate) {
  const BytesView der(certificate.der());
  const unsigned char* cursor = openssl::raw(der);
  const openssl::X509Handle theirs(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (theirs == nullptr) {
    ERR_clear_error();
    return;
  }
  COCOON_CHECK(X509_get_version(theirs.get()) == X509_VERSION_3);
  COCOON_CHECK(is_same_time(X509_get0_notBefore(theirs.get()), certificate.not_before()));
  COCOON_CHECK(is_same_time(X509_get0_notAfter(theirs.get()), certificate.not_after()));
  const auto flags = X509_get_extension_flags(theirs.get());
  if ((flags & EXFLAG_INVALID) == 0) {
    const bool is_authority = (flags & EXFLAG_BCONS) != 0 && (flags & EXFLAG_CA) != 0;
    COCOON_CHECK(is_authority == certificate.is_certificate_authority());
  }
  if (const auto key = certificate.p256_public_key()) {
    const EVP_PKEY* const pkey = X509_get0_pubkey(theirs.get());
    std::array<unsigned char, 65> point{};
    std::size_t length = 0;
    COCOON_CHECK(pkey != nullptr);
    COCOON_CHECK(EVP_PKEY_get_octet_string_param(pkey, "encoded-pub-key", point.data(),
                                                 point.size(), &length) == 1);
    COCOON_CHECK(length == point.size());
    COCOON_CHECK(cocoon::equal(std::as_bytes(std::span(point)).subspan(1), key->view()));
  }
  ERR_clear_error();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(reinterpret_cast<const std::byte*>(data), size);
  if (const auto certificate = Certificate::from_der(input)) {
    COCOON_CHECK(cocoon::equal(certificate->der(), input));
    examine(*certificate);
    compare(*certificate);
  }
  if (const auto chain = Certificate::from_pem_chain(cocoon::as_text(input), 4)) {
    COCOON_CHECK(!chain->empty() && chain->size() <= 4);
    for (const Certificate& certificate : *chain) examine(certificate);
    const auto verified = cocoon::crypto::verify_chain(*chain, chain->front().not_after());
    COCOON_CHECK(!verified.has_value() || chain->back().is_certificate_authority());
  }
  return 0;
}
