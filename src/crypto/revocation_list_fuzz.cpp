#include "base/check.h"
#include "crypto/openssl_handles.h"
#include "crypto/revocation_list.h"
#include "crypto/x509.h"

namespace {

using ListHandle = std::unique_ptr<X509_CRL, cocoon::crypto::openssl::FreeWith<X509_CRL_free>>;

}  // namespace

// A list that parses answers every question about it, and OpenSSL counts as many entries, if it
// reads it at all.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  const BytesView input = std::as_bytes(std::span(data, size));
  const auto list = crypto::RevocationList::from_der(input);
  if (!list.has_value()) return 0;
  static_cast<void>(list->issuer_common_name());
  COCOON_CHECK(size <= crypto::kRevocationListBytesMax);
  const auto fields = crypto::x509::read_list(input);
  COCOON_CHECK(fields.has_value());
  const unsigned char* cursor = data;
  const ListHandle theirs(d2i_X509_CRL(nullptr, &cursor, static_cast<long>(size)));
  if (theirs != nullptr) {
    STACK_OF(X509_REVOKED)* const entries = X509_CRL_get_REVOKED(theirs.get());
    const int count = entries == nullptr ? 0 : sk_X509_REVOKED_num(entries);
    COCOON_CHECK(static_cast<std::size_t>(count) == fields->serials.size());
  }
  ERR_clear_error();
  return 0;
}
