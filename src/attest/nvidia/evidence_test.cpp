#include "attest/nvidia/evidence.h"

#include <doctest/doctest.h>

#include "attest/nvidia/evidence_list.h"
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
  [[nodiscard]] Result<std::vector<JudgedGpu>> judge(std::vector<GpuEvidence> gpus) {
    return verify_gpu_evidence(tdxsim::with_golden(std::move(gpus), key).encode(), nonce, policy,
                               kFixtureNow, cache);
  }
  [[nodiscard]] Result<std::vector<JudgedGpu>> judge(const GpuOptions& options = {}) {
    return judge({gpu.evidence(nonce, options).value()});
  }

  crypto::Ed25519KeyPair key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>());
  SimulatedGpu gpu = make_gpu("gpu");
  ByteArray<32> nonce = gpu_nonce(key.public_key(), BlockHash());
  GpuPolicy policy{.roots = {gpu.root_fingerprint()},
                   .golden_keys = {key.public_key()},
                   .driver_versions = {tdxsim::kGpuDriverVersion},
                   .vbios_versions = {tdxsim::kGpuVbiosVersion}};
  GpuChainCache cache{4};
};

TEST_CASE("accepts a simulated GPU with matching driver and VBIOS, cold and warm") {
  World world;
  for (int i = 0; i < 2; ++i) {
    const auto judged = world.judge();
    REQUIRE(judged.has_value());
    CHECK(judged->size() == 1);
    CHECK(judged->front().model == "GH100");
    CHECK(judged->front().driver_version == "999.01");
  }
  world.policy.roots = test::vendor_roots();
  check_refused(world.judge(), NvidiaError::kUntrustedRoot);
}

TEST_CASE(
    "accepts a simulated Blackwell, whose certificate and driver manifest are of later kinds") {
  World world;
  const auto blackwell = SimulatedGpu::create(tdxsim::seeded_bytes("blackwell"), kFixtureNow,
                                              SimulatedGpu::Model::kBlackwell)
                             .value();
  world.policy.roots = {blackwell.root_fingerprint()};
  for (const char* chip : {"", "GB100"}) {
    const auto judged = world.judge({blackwell.evidence(world.nonce, {.chip = chip}).value()});
    REQUIRE(judged.has_value());
    CHECK(judged->front().model == "GB100");
  }
  check_refused(world.judge({blackwell.evidence(world.nonce, {.chip = "GB202"}).value()}),
                NvidiaError::kNoGolden);
  GpuOptions another;
  another.firmware = GpuOptions::Firmware::kAnother;
  check_refused(world.judge({blackwell.evidence(world.nonce, another).value()}),
                NvidiaError::kFirmwareMismatch);
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
  check_refused(world.judge(options), NvidiaError::kVersion);
  world.policy.driver_versions.emplace_back("999.02");
  check_refused(world.judge(options), NvidiaError::kNoGolden);
  options = {};
  options.protected_pcie = 0xaa;
  check_refused(world.judge(options), NvidiaError::kMode);
  options = {};
  options.feature_flag = 2;
  check_refused(world.judge(options), NvidiaError::kMode);
  options.feature_flag = 3;
  check_refused(world.judge(options), NvidiaError::kMode);
  options.feature_flag = 1;
  CHECK(world.judge(options).has_value());
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
  const auto asked_with = [&](const ByteArray<32>& nonce) {
    return world.judge({world.gpu.evidence(nonce).value()});
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

TEST_CASE(
    "the fuzzer's corpus has evidence that is accepted, so that all of the verifier is tried") {
  std::ifstream file("tests/corpus/attest_nvidia_evidence/simulated.bin", std::ios::binary);
  const Bytes evidence = to_bytes(std::string((std::istreambuf_iterator<char>(file)), {}));
  const WorkerGpus gpus = WorkerGpus::decode(evidence).value();
  const auto report = UnverifiedGpuReport::parse(gpus.gpus.front().report).value();
  World world;  // whose key is of seed zero
  world.policy.roots = {crypto::sha256(gpus.gpus.front().certificates_der.back())};
  CHECK(
      verify_gpu_evidence(evidence, report.request_nonce(), world.policy, kFixtureNow, world.cache)
          .has_value());
}

TEST_CASE("one GPU does not count twice") {
  World world;
  const GpuEvidence one = world.gpu.evidence(world.nonce).value();
  const SimulatedGpu second = make_gpu("second");
  world.policy.roots.push_back(second.root_fingerprint());
  check_refused(world.judge({one, one}), NvidiaError::kMalformed);
  const auto both = world.judge({one, second.evidence(world.nonce).value()});
  REQUIRE(both.has_value());
  CHECK(both->size() == 2);
}

TEST_CASE("reads what NVIDIA's tools hand out, recorded and simulated") {
  for (const auto& [name, count] : {std::pair("h100_590", 1U), {"h100_590_eight", 8U}}) {
    const auto gpus = parse_evidence_list(as_bytes(test::data(std::string(name) + ".json")));
    REQUIRE(gpus.has_value());
    const auto recorded = test::recorded_list(name);
    REQUIRE_EQ(gpus->size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      CHECK((*gpus)[i].report == recorded[i].report);
      REQUIRE_EQ((*gpus)[i].certificates_der.size(), 5);
      CHECK((*gpus)[i].certificates_der.back() == recorded[i].chain.back().der());
    }
  }
  World world;
  const std::string simulated = tdxsim::evidence_list({world.gpu.evidence(world.nonce).value()});
  CHECK(world.judge(parse_evidence_list(as_bytes(simulated)).value()).has_value());
}

TEST_CASE("refuses what is no list of GPU evidence") {
  const auto parse = [](std::string_view json) { return parse_evidence_list(as_bytes(json)); };
  for (const char* json :
       {"", "{}", "[]", "[1]", "[{}]", R"([{"evidence":"AA=="}])",
        R"([{"evidence":"AA==","certificate":"?"}])", R"([{"evidence":1,"certificate":"AA=="}])",
        R"([{"evidence":"AA==","certificate":"AA=="}])", "[[[[[[]]]]]]"}) {
    CAPTURE(json);
    check_refused(parse(json), NvidiaError::kMalformed);
  }
  const std::string item = R"({"evidence":"","certificate":""})";
  std::string many = "[" + item;
  for (std::size_t i = 0; i < kGpusMax; ++i) many += "," + item;
  check_refused(parse(many + "]"), NvidiaError::kMalformed);
  check_refused(parse(std::string(kEvidenceListBytesMax + 1, ' ')), NvidiaError::kMalformed);
}

TEST_CASE("a policy that leaves out anything accepts no GPU") {
  World world;
  const GpuPolicy whole = world.policy;
  world.policy.roots.clear();
  check_refused(world.judge(), NvidiaError::kUntrustedRoot);
  world.policy = whole;
  world.policy.golden_keys.clear();
  check_refused(world.judge(), NvidiaError::kNoGolden);
  world.policy.golden_keys = {crypto::Ed25519PublicKey()};
  check_refused(world.judge(), NvidiaError::kBadSignature);
  world.policy.golden_keys = {crypto::Ed25519PublicKey(), world.key.public_key()};
  CHECK(world.judge().has_value());
  world.policy = whole;
  world.policy.driver_versions.clear();
  check_refused(world.judge(), NvidiaError::kVersion);
  world.policy = whole;
  world.policy.vbios_versions.clear();
  check_refused(world.judge(), NvidiaError::kVersion);
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
  const auto decode = [](std::vector<GpuEvidence> gpus) {
    return WorkerGpus::decode(WorkerGpus{.gpus = std::move(gpus), .golden = {}}.encode());
  };
  CHECK(decode({good}).value().gpus.front().report == good.report);
  check_refused(decode({}), NvidiaError::kMalformed);
  check_refused(decode(std::vector(17, GpuEvidence(good))), NvidiaError::kMalformed);
  GpuEvidence four = good;
  four.certificates_der.pop_back();
  check_refused(decode({four}), NvidiaError::kMalformed);
  check_refused(WorkerGpus::decode(BytesView()), NvidiaError::kMalformed);
  check_refused(WorkerGpus::decode(Bytes(kGpuEvidenceBytesMax + 1)), NvidiaError::kMalformed);
  const auto version_three = codec::encode_cbor(Cbor::map(
      {{Cbor::integer(1), Cbor::unsigned_integer(3)}, {Cbor::integer(2), Cbor::array({})}}));
  check_refused(WorkerGpus::decode(version_three), NvidiaError::kUnsupported);
}

}  // namespace
}  // namespace cocoon::attest::nvidia
