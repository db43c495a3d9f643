#include "attest/nvidia/evidence.h"
#include "base/check.h"
#include "tdxsim/fixture.h"
#include "tdxsim/gpu.h"

namespace {

using namespace cocoon;
using namespace cocoon::attest::nvidia;

// Whoever issued the first GPU's certificates counts, and its request's nonce is the one that was
// asked with, so that mutations reach what lies behind both. The corpus has evidence that is
// accepted: of a simulated GPU, under golden measurements that the key of seed zero signed.
void judge(const WorkerGpus& gpus, BytesView bytes) {
  const GpuEvidence& first = gpus.gpus.front();
  const auto report = UnverifiedGpuReport::parse(first.report);
  const auto golden_key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>());
  const GpuPolicy policy{.roots = {nvidia_root(), crypto::sha256(first.certificates_der.back())},
                         .golden_keys = {golden_key.public_key()},
                         .driver_versions = {tdxsim::kGpuDriverVersion},
                         .vbios_versions = {tdxsim::kGpuVbiosVersion}};
  GpuChainCache cache(1);
  const ByteArray<32> nonce = report ? report->request_nonce() : ByteArray<32>{};
  const auto judged = verify_gpu_evidence(bytes, nonce, policy, tdxsim::kFixtureNow, cache);
  COCOON_CHECK(!judged.has_value() || judged->size() == gpus.gpus.size());
}

}  // namespace

// Evidence that decodes encodes to the same bytes; judging it ends in a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView bytes = std::as_bytes(std::span(data, size));
  const auto gpus = WorkerGpus::decode(bytes);
  if (!gpus.has_value()) return 0;
  COCOON_CHECK(equal(gpus->encode(), bytes));
  judge(*gpus, bytes);
  return 0;
}
