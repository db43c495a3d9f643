#include "attest/nvidia/evidence.h"

#include <doctest/doctest.h>

#include "attest/nvidia/recorded_test.h"
#include "codec/cbor.h"
#include "tdxsim/fixture.h"
#include "tdxsim/gpu.h"

namespace cocoon::attest::nvidia {
namespace {

using tdxsim::GpuOptions;
using tdxsim::kFixtureNow;
using tdxsim::SimulatedGpu;
using test::check_refused;

SimulatedGpu make_gpu(const std::string& seed) {
  return SimulatedGpu::create(tdxsim::seeded_bytes(seed), kFixtureNow).value();
}

// A worker with simulated GPUs, and who judges it.
struct World {
  World()
      : key(crypto::Ed25519KeyPair::from_seed(SecretArray<32>())),
        golden(GoldenSet::open(as_bytes(json), tdxsim::sign_golden(json, key), key.public_key())
                   .value()) {}

  [[nodiscard]] Result<std::vector<JudgedGpu>> judge(
      const std::vector<GpuEvidence>& gpus, const std::vector<crypto::Sha256Digest>& roots) {
    return verify_gpu_evidence(encode_gpu_evidence(gpus), nonce,
                               {.golden = &golden, .banned = banned}, roots, kFixtureNow, cache);
  }
  [[nodiscard]] Result<std::vector<JudgedGpu>> judge(const GpuOptions& options) {
    return judge({gpu.evidence(nonce, options).value()}, {1, gpu.root_fingerprint()});
  }

  std::string json = tdxsim::simulated_golden_json();
  crypto::Ed25519KeyPair key;
  GoldenSet golden;
  SimulatedGpu gpu = make_gpu("gpu");
  ByteArray<32> nonce = gpu_nonce(key.public_key(), BlockHash());
  std::set<GpuId> banned;
  GpuChainCache cache{4};
};

TEST_CASE("accepts a simulated GPU with matching driver and VBIOS, cold and warm") {
  World world;
  for (int i = 0; i < 2; ++i) {
    const auto judged = world.judge(GpuOptions());
    REQUIRE(judged.has_value());
    CHECK(judged->size() == 1);
    CHECK(judged->front().model == "GH100");
    CHECK(judged->front().driver_version == "999.01");
  }
  check_refused(world.judge({world.gpu.evidence(world.nonce).value()}, test::vendor_roots()),
                NvidiaError::kUntrustedRoot);
}

TEST_CASE("refuses a simulated GPU that deviates, each for its reason") {
  World world;
  GpuOptions options;
  options.measurements = GpuOptions::Measurements::kDriverBent;
  check_refused(world.judge(options), NvidiaError::kMeasurementMismatch);
  options.measurements = GpuOptions::Measurements::kVbiosBent;
  check_refused(world.judge(options), NvidiaError::kMeasurementMismatch);
  options = {};
  options.driver_version = "999.02";
  check_refused(world.judge(options), NvidiaError::kNoGolden);
  options = {};
  options.protected_pcie = 0xaa;
  check_refused(world.judge(options), NvidiaError::kMode);
  options = {};
  options.feature_flag = 2;
  check_refused(world.judge(options), NvidiaError::kMode);
  options = {};
  options.firmware = GpuOptions::Firmware::kUnstated;
  check_refused(world.judge(options), NvidiaError::kMode);
  options.firmware = GpuOptions::Firmware::kAnother;
  check_refused(world.judge(options), NvidiaError::kFirmwareMismatch);
  options = {};
  options.protected_pcie = 0x56;
  check_refused(world.judge(options), NvidiaError::kMalformed);
}

TEST_CASE("refuses evidence that another worker's key or another block asked for") {
  World world;
  const auto other_key =
      crypto::Ed25519KeyPair::from_seed(SecretArray<32>::copy_of(Bytes(32, std::byte{1})).value());
  const auto roots = std::vector(1, world.gpu.root_fingerprint());
  const auto asked_with = [&](const ByteArray<32>& nonce) {
    return world.judge({world.gpu.evidence(nonce).value()}, roots);
  };
  check_refused(asked_with(gpu_nonce(other_key.public_key(), BlockHash())),
                NvidiaError::kBindingMismatch);
  ByteArray<32> block{};
  block[0] = std::byte{1};
  check_refused(asked_with(gpu_nonce(world.key.public_key(), BlockHash(block))),
                NvidiaError::kBindingMismatch);
  CHECK(to_hex(gpu_nonce(crypto::Ed25519PublicKey(), BlockHash())) ==
        to_hex(crypto::sha256({as_bytes(std::string_view("cocoon/1 gpu\0", 13)), Bytes(64)})));
}

TEST_CASE("a ban and an empty golden set refuse; one GPU does not count twice") {
  World world;
  const auto judged = world.judge(GpuOptions()).value();
  world.banned.insert(judged.front().id);
  check_refused(world.judge(GpuOptions()), NvidiaError::kBanned);
  world.banned.clear();

  const GpuEvidence one = world.gpu.evidence(world.nonce).value();
  const SimulatedGpu second = make_gpu("second");
  const std::vector<crypto::Sha256Digest> roots{world.gpu.root_fingerprint(),
                                                second.root_fingerprint()};
  check_refused(world.judge({one, world.gpu.evidence(world.nonce).value()}, roots),
                NvidiaError::kMalformed);
  const auto both = world.judge({one, second.evidence(world.nonce).value()}, roots);
  REQUIRE(both.has_value());
  CHECK(both->size() == 2);

  const auto without = verify_gpu_evidence(encode_gpu_evidence({one}), world.nonce, GpuPolicy{},
                                           roots, kFixtureNow, world.cache);
  check_refused(without, NvidiaError::kNoGolden);
}

TEST_CASE("a simulated GPU survives being saved") {
  const SimulatedGpu gpu = make_gpu("gpu");
  const auto loaded = SimulatedGpu::load(gpu.save().expose());
  REQUIRE(loaded.has_value());
  CHECK(loaded->root_fingerprint() == gpu.root_fingerprint());
  CHECK_FALSE(SimulatedGpu::load(Bytes(3)).has_value());
}

TEST_CASE("refuses evidence outside its schema") {
  using codec::Cbor;
  const GpuEvidence good = make_gpu("gpu").evidence({}).value();
  CHECK(decode_gpu_evidence(encode_gpu_evidence({good})).value().front().report == good.report);
  check_refused(decode_gpu_evidence(encode_gpu_evidence({})), NvidiaError::kMalformed);
  check_refused(decode_gpu_evidence(encode_gpu_evidence(std::vector(17, GpuEvidence(good)))),
                NvidiaError::kMalformed);
  GpuEvidence four = good;
  four.certificates_der.pop_back();
  check_refused(decode_gpu_evidence(encode_gpu_evidence({four})), NvidiaError::kMalformed);
  check_refused(decode_gpu_evidence(BytesView()), NvidiaError::kMalformed);
  check_refused(decode_gpu_evidence(Bytes(kGpuEvidenceBytesMax + 1)), NvidiaError::kMalformed);
  const auto version_two = codec::encode_cbor(Cbor::map(
      {{Cbor::integer(1), Cbor::unsigned_integer(2)}, {Cbor::integer(2), Cbor::array({})}}));
  check_refused(decode_gpu_evidence(version_two), NvidiaError::kUnsupported);
}

}  // namespace
}  // namespace cocoon::attest::nvidia
