#include "base/check.h"
#include "crypto/certificate.h"

namespace {

using cocoon::BytesView;
using cocoon::crypto::Certificate;

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input(reinterpret_cast<const std::byte*>(data), size);
  if (const auto certificate = Certificate::from_der(input)) {
    COCOON_CHECK(cocoon::equal(certificate->der(), input));
    examine(*certificate);
  }
  if (const auto chain = Certificate::from_pem_chain(cocoon::as_text(input), 4)) {
    COCOON_CHECK(!chain->empty() && chain->size() <= 4);
    for (const Certificate& certificate : *chain) examine(certificate);
    const auto verified = cocoon::crypto::verify_chain(*chain, chain->front().not_after());
    COCOON_CHECK(!verified.has_value() || chain->back().is_certificate_authority());
  }
  return 0;
}
