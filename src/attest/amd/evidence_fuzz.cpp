#include "attest/amd/evidence.h"
#include "base/check.h"

// Evidence that decodes encodes to the same bytes; a certificate table never hands out more than it
// holds; verifying ends in a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::amd;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  if (const auto certificates = parse_certificate_table(bytes)) {
    COCOON_CHECK(certificates->size() <= 3);
    for (const Bytes& der : *certificates) COCOON_CHECK(der.size() <= bytes.size());
  }
  const auto evidence = SnpEvidence::decode(bytes);
  if (!evidence.has_value()) return 0;
  COCOON_CHECK(equal(evidence->encode(), bytes) && looks_like_snp_evidence(bytes));
  EndorsementCache cache(1);
  static_cast<void>(verify_snp_evidence(bytes, amd_roots(), UnixSeconds(1'750'000'000), cache));
  return 0;
}
