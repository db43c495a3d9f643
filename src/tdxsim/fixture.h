#pragma once

#include <string>

#include "attest/verify.h"
#include "tdxsim/platform.h"

namespace cocoon::tdxsim {

// For tests of those who judge or use workers: a machine and a worker whose evidence is in order,
// to be bent where a test wants it bent.

inline constexpr UnixSeconds kFixtureNow{1'800'000'000};

// Bytes that depend on the seed and on how many were taken before.
[[nodiscard]] Platform::FillRandom seeded_bytes(std::string seed);

// The same keys for the same seed.
[[nodiscard]] Platform make_platform(std::string seed = "platform",
                                     const CollateralOptions& options = {});

struct WorkerFixture {
  Platform platform;
  Measurements measurements;
  attest::Policy policy;
  std::string configuration;  // TOML
  attest::Statement statement;
  attest::ProvenBlock block;
  UnixSeconds now;

  // Makes the statement name the configuration as it is now.
  void rehash_configuration();
  // Evidence over the statement as it is now.
  [[nodiscard]] attest::EvidenceBundle bundle(const QuoteOptions& options = {}) const;
};

// TOML that a worker of this model may have measured.
[[nodiscard]] std::string fixture_configuration(const std::string& model_name);

// A worker on the devnet that serves `model_name`; keys and hashes are invented from the seed.
[[nodiscard]] WorkerFixture make_worker_fixture(const std::string& seed = "worker",
                                                const std::string& model_name = "test-model");

}  // namespace cocoon::tdxsim
