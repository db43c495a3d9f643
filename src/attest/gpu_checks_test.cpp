#include <doctest/doctest.h>

#include "tdxsim/fixture.h"
#include "tdxsim/gpu.h"

using namespace cocoon;
using namespace cocoon::attest;
using tdxsim::SimulatedGpu;

namespace {

SimulatedGpu make_gpu(const std::string& seed) {
  return SimulatedGpu::create(tdxsim::seeded_bytes(seed), tdxsim::kFixtureNow).value();
}

// A worker whose machine has one GPU, and the policy that wants it so.
struct GpuWorker {
  GpuWorker() {
    MachineShape& shape = worker.policy.images.front().shapes.front();
    shape.gpus.count = 1;
    shape.gpus.model = "GH100";
    worker.policy.gpus = {.roots = {gpu.root_fingerprint()},
                          .golden_keys = {golden_key.public_key()},
                          .driver_versions = {tdxsim::kGpuDriverVersion},
                          .vbios_versions = {tdxsim::kGpuVbiosVersion}};
    attach(answers({&gpu}, nonce()));
  }

  [[nodiscard]] ByteArray<32> nonce() const {
    return nvidia::gpu_nonce(worker.statement.identity_key, worker.statement.block_root_hash);
  }
  [[nodiscard]] Bytes answers(const std::vector<const SimulatedGpu*>& gpus,
                              const ByteArray<32>& asked_with) const {
    std::vector<nvidia::GpuEvidence> each;
    for (const SimulatedGpu* one : gpus) each.push_back(one->evidence(asked_with).value());
    return tdxsim::with_golden(std::move(each), golden_key).encode();
  }
  // The statement names this evidence, and the bundle has it.
  void attach(Bytes cbor) {
    worker.statement.gpu_evidence_digest = cbor.empty() ? Bytes() : to_bytes(crypto::sha256(cbor));
    evidence = std::move(cbor);
  }
  [[nodiscard]] Result<VerifiedWorker> judge() const {
    EvidenceBundle bundle = worker.bundle();
    bundle.gpu_evidence = evidence;
    return verify_evidence(bundle, worker.collateral, worker.policy, worker.block, worker.now);
  }
  [[nodiscard]] AttestError refusal() const {
    const auto judged = judge();
    REQUIRE_FALSE(judged.has_value());
    REQUIRE(judged.error().library() == Library::kAttest);
    return static_cast<AttestError>(judged.error().code());
  }

  tdxsim::WorkerFixture worker = tdxsim::make_worker_fixture();
  crypto::Ed25519KeyPair golden_key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>());
  SimulatedGpu gpu = make_gpu("gpu");
  Bytes evidence;
};

}  // namespace

TEST_CASE("a worker with the GPU of its machine's shape is accepted, and the GPU known") {
  const GpuWorker w;
  const auto judged = w.judge();
  if (!judged) MESSAGE(judged.error().message());
  REQUIRE(judged.has_value());
  REQUIRE_EQ(judged->gpus().size(), 1);
  CHECK_EQ(judged->gpus().front().model, "GH100");
}

TEST_CASE("GPU evidence that the statement does not name is refused") {
  GpuWorker w;
  w.evidence.push_back(std::byte{0});
  CHECK_EQ(w.refusal(), AttestError::kBindingMismatch);
  w.evidence.clear();
  CHECK_EQ(w.refusal(), AttestError::kBindingMismatch);
  w = GpuWorker();
  w.worker.statement.gpu_evidence_digest.clear();
  CHECK_EQ(w.refusal(), AttestError::kBindingMismatch);
}

TEST_CASE("a GPU that answered another identity key or another block is refused") {
  GpuWorker w;
  ByteArray<32> key = w.worker.statement.identity_key.bytes();
  key[0] ^= std::byte{1};
  w.attach(w.answers({&w.gpu}, nvidia::gpu_nonce(crypto::Ed25519PublicKey(key),
                                                 w.worker.statement.block_root_hash)));
  CHECK_EQ(w.refusal(), AttestError::kBindingMismatch);
  w.attach(w.answers({&w.gpu}, nvidia::gpu_nonce(w.worker.statement.identity_key, BlockHash())));
  CHECK_EQ(w.refusal(), AttestError::kBindingMismatch);
}

TEST_CASE("other GPUs than the machine's shape has are refused") {
  GpuWorker w;
  w.attach({});
  CHECK_EQ(w.refusal(), AttestError::kGpu);
  const SimulatedGpu second = make_gpu("second");
  w.worker.policy.gpus.roots.push_back(second.root_fingerprint());
  w.attach(w.answers({&w.gpu, &second}, w.nonce()));
  CHECK_EQ(w.refusal(), AttestError::kGpu);
  MachineShape& shape = w.worker.policy.images.front().shapes.front();
  shape.gpus.count = 2;
  CHECK(w.judge().has_value());
  shape.gpus.model = "GB100";
  CHECK_EQ(w.refusal(), AttestError::kGpu);
  shape.gpus = {};
  CHECK_EQ(w.refusal(), AttestError::kGpu);
}

TEST_CASE("of shapes that differ in their GPUs alone the one that the worker proves counts") {
  GpuWorker w;
  auto& shapes = w.worker.policy.images.front().shapes;
  const MachineShape with_gpu = shapes.front();
  MachineShape without = with_gpu;
  without.gpus = {};
  shapes = {without, with_gpu};
  CHECK_EQ(w.judge()->gpus().size(), 1);
  shapes = {with_gpu, without};
  CHECK_EQ(w.judge()->gpus().size(), 1);
  w.attach({});
  CHECK(w.judge()->gpus().empty());

  MachineShape eight = with_gpu;
  eight.gpus.count = 8;
  shapes = {eight, with_gpu};
  const auto refused = w.judge();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().contains("machines of its shape have 8 GPUs or 1 GPU"));
}

TEST_CASE("a GPU that the policy does not allow, or bans, is refused") {
  GpuWorker w;
  const auto id = w.judge().value().gpus().front().id;
  w.worker.policy.banned_platforms = {to_bytes(id.view())};
  CHECK_EQ(w.refusal(), AttestError::kBanned);
  w.worker.policy.banned_platforms.clear();
  w.worker.policy.gpus.driver_versions = {"999.02"};
  CHECK_EQ(w.refusal(), AttestError::kGpu);
  w.worker.policy.gpus = {};
  CHECK_EQ(w.refusal(), AttestError::kGpu);
  w.attach(to_bytes("report"));
  CHECK_EQ(w.refusal(), AttestError::kMalformed);
}
