#pragma once

#include <string>

#include "attest/verify.h"
#include "tdxsim/vendor.h"

namespace cocoon::tdxsim {

// For tests of those who judge or use workers: a machine and a worker whose evidence is in order,
// to be bent where a test wants it bent.

inline constexpr UnixSeconds kFixtureNow{1'800'000'000};

// Bytes that depend on the seed and on how many were taken before.
[[nodiscard]] Platform::FillRandom seeded_bytes(std::string seed);

[[nodiscard]] Vendor make_vendor(std::string seed = "vendor");
// The same keys for the same seed, under a root certificate of its own each time.
[[nodiscard]] Platform make_platform(std::string seed = "platform",
                                     const CollateralOptions& options = {});

struct WorkerFixture {
  Vendor vendor;
  Platform platform;
  Measurements measurements;
  attest::Policy policy;
  attest::CollateralBook collateral;  // of the platform
  std::string configuration;          // TOML
  attest::Statement statement;
  attest::ProvenBlock block;
  UnixSeconds now;

  // Has the vendor publish this, and nothing else be known.
  void publish(const CollateralOptions& options);
  // Makes the statement name the configuration as it is now.
  void rehash_configuration();
  // Evidence over the statement as it is now.
  [[nodiscard]] attest::EvidenceBundle bundle(const QuoteOptions& options = {}) const;
};

// A book that holds just this collateral of the platform, kept at this time.
[[nodiscard]] attest::CollateralBook book_of(const Platform& platform, std::string_view collateral,
                                             UnixSeconds now = kFixtureNow);

// What such a worker proves the chain from; listed by the fixture's policy.
[[nodiscard]] attest::TrustedBlock fixture_trusted_block();
// TOML that a worker of this model may have measured.
[[nodiscard]] std::string fixture_configuration(const std::string& model_name);

// A worker on the devnet that serves `model_name`; keys and hashes are invented from the seed.
[[nodiscard]] WorkerFixture make_worker_fixture(const std::string& seed = "worker",
                                                const std::string& model_name = "test-model");

}  // namespace cocoon::tdxsim
