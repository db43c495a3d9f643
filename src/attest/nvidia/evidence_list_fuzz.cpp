#include "attest/nvidia/evidence_list.h"
#include "base/check.h"
#include "tdxsim/gpu.h"

// A list that parses means the same once it is written anew.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::nvidia;
  const auto gpus = parse_evidence_list(std::as_bytes(std::span(data, size)));
  if (!gpus.has_value()) return 0;
  const std::string written = tdxsim::evidence_list(*gpus);
  if (written.size() > kEvidenceListBytesMax) return 0;
  const auto again = parse_evidence_list(as_bytes(written));
  COCOON_CHECK(again.has_value() && again->size() == gpus->size());
  for (std::size_t i = 0; i < gpus->size(); ++i) {
    COCOON_CHECK((*again)[i].report == (*gpus)[i].report);
    COCOON_CHECK((*again)[i].certificates_der == (*gpus)[i].certificates_der);
  }
  return 0;
}
