#include <doctest/doctest.h>

#include "attest/amd/evidence.h"
#include "tdxsim/fixture.h"
#include "tdxsim/snp_platform.h"

using namespace cocoon;
using namespace cocoon::attest;
using amd::Product;
using tdxsim::SnpOptions;
using tdxsim::SnpPlatform;

namespace {

// A worker in a guest of this machine, and a policy that lists both.
struct Guest {
  explicit Guest(Product product = Product::kTurin)
      : machine(SnpPlatform::create(tdxsim::seeded_bytes("guest"), tdxsim::kFixtureNow, product)
                    .value()) {
    worker.policy.snp.roots = {machine.root_fingerprint()};
    worker.policy.snp.guests = {.genoa_tcb_min = machine.tcb(), .turin_tcb_min = machine.tcb()};
    worker.policy.snp_images = {
        {.name = "snp", .shapes = {{.name = "sim", .measurement = measurement, .gpus = {}}}}};
  }

  [[nodiscard]] Result<VerifiedWorker> judge(const SnpOptions& options = {}) const {
    EvidenceBundle bundle = worker.bundle();
    amd::SnpEvidence evidence;
    evidence.report =
        machine.report(report_data_for(bundle.statement), measurement, options).value();
    for (const auto& certificate : machine.chain())
      evidence.certificates_der.push_back(certificate.der());
    bundle.quote = evidence.encode();
    return verify_evidence(bundle, worker.collateral, worker.policy, worker.block, worker.now);
  }
  [[nodiscard]] AttestError refusal(const SnpOptions& options = {}) const {
    const auto judged = judge(options);
    REQUIRE_FALSE(judged.has_value());
    REQUIRE(judged.error().library() == Library::kAttest);
    return static_cast<AttestError>(judged.error().code());
  }

  SnpPlatform machine;
  crypto::Sha384Digest measurement = tdxsim::default_snp_measurement();
  tdxsim::WorkerFixture worker = tdxsim::make_worker_fixture();
};

}  // namespace

TEST_CASE("a worker in a guest of a Turin or Genoa is accepted under the policy's roots") {
  for (const Product product : {Product::kTurin, Product::kGenoa}) {
    const auto judged = Guest(product).judge();
    if (!judged) MESSAGE(judged.error().message());
    REQUIRE(judged.has_value());
    CHECK(judged->platform() == Platform::kSevSnp);
    CHECK_EQ(judged->image_name(), "snp");
    CHECK_FALSE(judged->platform_id().empty());
    CHECK_FALSE(judged->term().collateral.has_value());
    CHECK(judged->is_development_root());
  }
}

TEST_CASE("Milan, and what the policy does not name, is refused") {
  CHECK_EQ(Guest(Product::kMilan).refusal(), AttestError::kPlatform);
  Guest guest;
  guest.worker.policy.snp.guests.turin_tcb_min.reset();
  CHECK_EQ(guest.refusal(), AttestError::kPlatform);
  guest = Guest();
  ++guest.worker.policy.snp.guests.turin_tcb_min->microcode;
  CHECK_EQ(guest.refusal(), AttestError::kTcbStatus);
  guest = Guest();
  guest.worker.policy.snp.roots = amd::amd_roots();
  CHECK_EQ(guest.refusal(), AttestError::kUntrustedRoot);
  guest.worker.policy.snp.roots.clear();
  CHECK_EQ(guest.refusal(), AttestError::kPolicyIncomplete);
  guest = Guest();
  guest.worker.policy.snp_images.front().shapes.front().measurement[0] ^= std::byte{1};
  CHECK_EQ(guest.refusal(), AttestError::kImageNotAllowed);
  guest.worker.policy.snp_images.clear();
  CHECK_EQ(guest.refusal(), AttestError::kPolicyIncomplete);
  guest = Guest();
  guest.worker.policy.banned_platforms = {guest.judge().value().platform_id()};
  CHECK_EQ(guest.refusal(), AttestError::kBanned);
}

TEST_CASE("a development root of AMD's kind does not count outside the devnet") {
  Guest guest;
  guest.worker.policy.network = guest.worker.statement.network = NetworkId(-239);
  CHECK_EQ(guest.refusal(), AttestError::kUntrustedRoot);
}

TEST_CASE("a guest that its host may look into, or that quotes for another, is refused") {
  Guest guest;
  CHECK_EQ(guest.refusal({.policy = (std::uint64_t{3} << 16U) | (std::uint64_t{1} << 19U)}),
           AttestError::kTdAttributes);  // DEBUG
  CHECK_EQ(guest.refusal({.vmpl = 1}), AttestError::kTdAttributes);
  CHECK_EQ(guest.refusal({.chip_id = SnpOptions::ChipId::kAnother}), AttestError::kPlatform);
  EvidenceBundle bundle = guest.worker.bundle();
  amd::SnpEvidence evidence;
  evidence.report = guest.machine.report({}, guest.measurement).value();
  for (const auto& certificate : guest.machine.chain())
    evidence.certificates_der.push_back(certificate.der());
  bundle.quote = evidence.encode();
  const auto judged = verify_evidence(bundle, guest.worker.collateral, guest.worker.policy,
                                      guest.worker.block, guest.worker.now);
  CHECK(judged.error().is(AttestError::kBindingMismatch));
}
