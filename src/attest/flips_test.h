#pragma once

// For tests that flip single bits of evidence.

#include <cstdlib>
#include <string_view>
#include <vector>

#include "attest/intel/quote.h"
#include "attest/intel/recorded_test.h"

namespace cocoon::attest::test {

inline bool tries_all() {
  const char* const wanted = std::getenv("COCOON_FLIPS");
  return wanted != nullptr && std::string_view(wanted) == "all";
}

inline Bytes flipped(const Bytes& bytes, std::size_t bit) {
  Bytes out = bytes;
  out[bit / 8] ^= std::byte{1} << (bit % 8);
  return out;
}

// Everything in the quote that a judgement reads: its bytes up to the certificates, and these as
// DER.
inline std::vector<Bytes> meaning_of_quote(BytesView bytes) {
  const auto quote = intel::UnverifiedQuote::parse(bytes).value();
  const BytesView canonical = quote.canonical();
  std::vector<Bytes> out{to_bytes(canonical.first(canonical.size() - quote.certificates().size()))};
  const auto chain = crypto::Certificate::from_pem_chain(as_text(quote.certificates()), 3).value();
  for (const crypto::Certificate& certificate : chain) out.push_back(certificate.der());
  return out;
}

}  // namespace cocoon::attest::test
