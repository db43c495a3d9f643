#include "tee/gpu_source.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>

#include "attest/nvidia/evidence.h"
#include "tdxsim/fixture.h"
#include "tdxsim/gpu.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::tee;
using namespace std::chrono_literals;
using attest::nvidia::GpuEvidence;

namespace {

using Answer = std::function<std::string(const ByteArray<32>& nonce)>;

// Who answers for the GPUs.
struct ScriptedAgent final : TsmFiles {
  explicit ScriptedAgent(Answer given) : answer(std::move(given)) {}
  Result<bool> make_directory(const std::filesystem::path&) override { return true; }
  Result<std::optional<Bytes>> read(const std::filesystem::path& path, std::size_t) override {
    const std::string name = path.filename().string();
    if (name == "provider") return to_bytes(provider);
    if (name == "generation") return to_bytes(generation);
    if (inblob.size() != 32) return std::optional<Bytes>();
    ByteArray<32> nonce{};
    std::ranges::copy(inblob, nonce.begin());
    return to_bytes(answer(nonce));
  }
  Result<bool> write(const std::filesystem::path&, BytesView bytes) override {
    inblob = to_bytes(bytes);
    generation = "1\n";
    return true;
  }
  void remove_entry(const std::filesystem::path&) override {}

  Answer answer;
  std::string provider = "nvidia_gpu\n";
  std::string generation = "0\n";
  Bytes inblob;
};

// A machine with one GPU, and golden measurements in a folder.
struct Scene {
  Scene() {
    const std::string json = tdxsim::simulated_golden_json();
    put("golden.json", json);
    put("golden.json.sig", as_text(tdxsim::sign_golden(json, key).view()));
  }
  void put(const std::string& name, std::string_view text) const {
    std::ofstream(folder / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string in_order(const ByteArray<32>& asked_with) const {
    return tdxsim::evidence_list({gpu.evidence(asked_with).value()});
  }
  [[nodiscard]] Result<Bytes> ask(Answer answer, const std::string& provider = "nvidia_gpu\n") {
    auto agent = std::make_unique<ScriptedAgent>(std::move(answer));
    agent->provider = provider;
    const auto clock = async::make_real_clock();
    GpuSource source({.path = "/gpu", .quote_within = 100ms, .retry_every = 1ms},
                     folder / "golden.json", *clock, std::move(agent));
    boost::asio::io_context loop;
    Result<Bytes> out = fail(TeeError::kIo, "never finished");
    const auto store = [](GpuSource& from, ByteArray<32> with,
                          Result<Bytes>* into) -> async::Task<void> {
      *into = co_await from.evidence(with);
    };
    async::spawn(loop.get_executor(), store(source, nonce, &out), [](std::string_view) {});
    loop.run();
    return out;
  }

  testing::TempFolder folder;
  crypto::Ed25519KeyPair key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>());
  tdxsim::SimulatedGpu gpu =
      tdxsim::SimulatedGpu::create(tdxsim::seeded_bytes("gpu"), tdxsim::kFixtureNow).value();
  ByteArray<32> nonce = crypto::sha256(as_bytes("nonce"));
};

}  // namespace

TEST_CASE(
    "what the tree answers becomes evidence that verifies under the nonce it was asked with") {
  Scene scene;
  const auto evidence = scene.ask([&](const ByteArray<32>& n) { return scene.in_order(n); });
  REQUIRE(evidence.has_value());
  attest::nvidia::GpuChainCache cache(1);
  const attest::nvidia::GpuPolicy policy{.roots = {scene.gpu.root_fingerprint()},
                                         .golden_keys = {scene.key.public_key()},
                                         .driver_versions = {tdxsim::kGpuDriverVersion},
                                         .vbios_versions = {tdxsim::kGpuVbiosVersion}};
  CHECK(attest::nvidia::verify_gpu_evidence(*evidence, scene.nonce, policy, tdxsim::kFixtureNow,
                                            cache)
            .has_value());
}

TEST_CASE("an answer to another nonce, or none that can be read, is not handed on") {
  Scene scene;
  const auto refused = [&](const Answer& answer) { return scene.ask(answer).error(); };
  const Error stale = refused([&](const ByteArray<32>&) { return scene.in_order({}); });
  CHECK(stale.is(TeeError::kIo));
  CHECK(stale.message().contains("another nonce"));
  CHECK(refused([](const ByteArray<32>&) { return "[]"; }).is(TeeError::kIo));
  CHECK(refused([](const ByteArray<32>&) { return ""; }).is(TeeError::kTimeout));
}

TEST_CASE("another device's tree, and golden measurements that cannot be read, are refused") {
  Scene scene;
  const Answer answer = [&](const ByteArray<32>& n) { return scene.in_order(n); };
  CHECK(scene.ask(answer, "tdx_guest\n").error().is(TeeError::kWrongProvider));
  scene.put("golden.json.sig", "short");
  CHECK(scene.ask(answer).error().is(TeeError::kIo));
  std::filesystem::remove(scene.folder / "golden.json.sig");
  CHECK(scene.ask(answer).error().is(TeeError::kIo));
}
