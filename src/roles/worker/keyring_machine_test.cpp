// What a worker's evidence holds beside its quote, and what it makes of other machines than TDX.

#include <doctest/doctest.h>

#include "attest/amd/evidence.h"
#include "ports/judge.h"
#include "roles/worker/worker_scene_test.h"
#include "tdxsim/gpu.h"
#include "tdxsim/snp_platform.h"

using namespace cocoon;
using namespace cocoon::worker;
using namespace std::chrono_literals;

namespace {

// A GPU that answers each nonce, or fails.
struct FakeGpu final : ports::GpuSource {
  Task<Result<Bytes>> evidence(ByteArray<32> nonce) override {
    nonces.push_back(nonce);
    if (fails) co_return fail(attest::AttestError::kGpu, "no GPU");
    CO_TRY(attest::nvidia::GpuEvidence one, gpu.evidence(nonce));
    co_return tdxsim::with_golden({std::move(one)}, golden_key).encode();
  }
  crypto::Ed25519KeyPair golden_key = crypto::Ed25519KeyPair::from_seed(SecretArray<32>());
  tdxsim::SimulatedGpu gpu =
      tdxsim::SimulatedGpu::create(tdxsim::seeded_bytes("gpu"), tdxsim::kFixtureNow).value();
  std::vector<ByteArray<32>> nonces;
  bool fails = false;
};

// A guest of an EPYC.
struct FakeGuest final : ports::QuoteSource {
  Task<Result<Bytes>> quote(ByteArray<64> report_data) override {
    attest::amd::SnpEvidence evidence;
    CO_TRY(evidence.report, machine.report(report_data, measurement));
    for (const auto& certificate : machine.chain())
      evidence.certificates_der.push_back(certificate.der());
    co_return evidence.encode();
  }
  crypto::Sha384Digest measurement = tdxsim::default_snp_measurement();
  tdxsim::SnpPlatform machine =
      tdxsim::SnpPlatform::create(tdxsim::seeded_bytes("guest"), tdxsim::kFixtureNow,
                                  attest::amd::Product::kTurin)
          .value();
};

struct Machine {
  Machine() : quotes(world.sim, world.new_platform("machine")) {}
  ~Machine() { world.sim.end(); }

  [[nodiscard]] Keyring keyring_on(ports::QuoteSource& source, ports::GpuSource* with_gpus) {
    return Keyring({.network = kDevnetNetworkId,
                    .model_name = fakes::World::kModelName,
                    .model_hash = world.model,
                    .configuration = fakes::worker_configuration(fakes::World::kModelName),
                    .owner_address = {},
                    .slot_id = {}},
                   {world.registry, world.chain, source, world.random, world.clock(),
                    world.log.logger(), with_gpus},
                   [](std::uint32_t) {});
  }
  [[nodiscard]] Result<attest::VerifiedWorker> judge(BytesView evidence) {
    fakes::MemoryFloorStore floors;
    ports::Judge judge({.registry = world.registry,
                        .chain = world.chain,
                        .floors = floors,
                        .clock = world.clock(),
                        .log = world.log.logger()});
    const auto collateral = fakes::FakeCollateralSource(quotes.platform().collateral()).current();
    REQUIRE(world.sim.run(judge.take_in(collateral->digest, collateral->json)).has_value());
    return world.sim.run(judge.judge(evidence));
  }
  void allow_gpus(std::uint32_t count) {
    world.registry.change([&](registry::Snapshot& snapshot) {
      auto& shape = snapshot.policy.images.front().shapes.front();
      shape.gpus = {.count = count, .model = "GH100"};
      snapshot.policy.gpus = {.roots = {gpu.gpu.root_fingerprint()},
                              .golden_keys = {gpu.golden_key.public_key()},
                              .driver_versions = {tdxsim::kGpuDriverVersion},
                              .vbios_versions = {tdxsim::kGpuVbiosVersion}};
    });
  }

  fakes::World world;
  fakes::FakeQuoteSource quotes;
  FakeGpu gpu;
};

}  // namespace

TEST_CASE("each epoch's evidence holds fresh evidence of the GPUs, bound to identity and block") {
  Machine machine;
  machine.allow_gpus(1);
  Keyring keyring = machine.keyring_on(machine.quotes, &machine.gpu);
  REQUIRE(machine.world.sim.run(keyring.rotate()).has_value());
  const auto first = keyring.newest();
  const auto verified = machine.judge(first->evidence);
  if (!verified) FAIL(verified.error().message());
  CHECK_EQ(verified->gpus().size(), 1);
  CHECK_EQ(machine.gpu.nonces.front(), attest::nvidia::gpu_nonce(keyring.identity().public_key(),
                                                                 first->statement.block_root_hash));

  machine.world.sim.spawn(keyring.keep_rotating());
  machine.world.sim.advance(3605s);
  const auto second = keyring.newest();
  REQUIRE(second != first);
  CHECK(machine.judge(second->evidence).has_value());
  CHECK_EQ(machine.gpu.nonces.size(), 2);
  CHECK_NE(machine.gpu.nonces[0], machine.gpu.nonces[1]);
  CHECK_NE(first->statement.gpu_evidence_digest, second->statement.gpu_evidence_digest);
}

TEST_CASE("a worker shows the GPUs that its shape has, and is refused with more or fewer") {
  Machine machine;
  Keyring with = machine.keyring_on(machine.quotes, &machine.gpu);
  Keyring without = machine.keyring_on(machine.quotes, nullptr);
  REQUIRE(machine.world.sim.run(with.rotate()).has_value());
  REQUIRE(machine.world.sim.run(without.rotate()).has_value());
  CHECK(without.newest()->statement.gpu_evidence_digest.empty());
  machine.allow_gpus(0);
  CHECK(machine.judge(with.newest()->evidence).error().is(attest::AttestError::kGpu));
  CHECK(machine.judge(without.newest()->evidence).has_value());
  machine.allow_gpus(1);
  CHECK(machine.judge(without.newest()->evidence).error().is(attest::AttestError::kGpu));
}

TEST_CASE("without an answer of the GPUs there is no new key, and the old one stays") {
  Machine machine;
  machine.allow_gpus(1);
  Keyring keyring = machine.keyring_on(machine.quotes, &machine.gpu);
  REQUIRE(machine.world.sim.run(keyring.rotate()).has_value());
  const auto key = keyring.newest();
  machine.gpu.fails = true;
  CHECK_FALSE(machine.world.sim.run(keyring.rotate()).has_value());
  CHECK(keyring.newest() == key);
}

TEST_CASE("a worker in an SEV-SNP guest names its image as those who judge it do") {
  Machine machine;
  FakeGuest guest;
  machine.world.registry.change([&](registry::Snapshot& snapshot) {
    snapshot.policy.snp.roots = {guest.machine.root_fingerprint()};
    snapshot.policy.snp.guests.turin_tcb_min = guest.machine.tcb();
    snapshot.policy.snp_images = {
        {.name = "snp", .shapes = {{.name = "sim", .measurement = guest.measurement, .gpus = {}}}}};
  });
  Keyring keyring = machine.keyring_on(guest, nullptr);
  const Status made = machine.world.sim.run(keyring.rotate());
  if (!made) FAIL(made.error().message());
  const auto verified = machine.judge(keyring.newest()->evidence);
  if (!verified) FAIL(verified.error().message());
  CHECK(verified->platform() == attest::Platform::kSevSnp);
  CHECK_EQ(verified->image_hash(), keyring.newest()->image_hash);
}
