#include "attest/nvidia/evidence.h"
#include "base/check.h"

// Evidence that decodes encodes to the same bytes; judging it ends in a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::attest::nvidia;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const auto gpus = WorkerGpus::decode(bytes);
  if (!gpus.has_value()) return 0;
  COCOON_CHECK(equal(gpus->encode(), bytes));
  GpuChainCache cache(1);
  const GpuPolicy policy{
      .roots = {nvidia_root()}, .golden_keys = {{}}, .driver_versions = {}, .vbios_versions = {}};
  static_cast<void>(verify_gpu_evidence(bytes, {}, policy, UnixSeconds(1'780'000'000), cache));
  return 0;
}
