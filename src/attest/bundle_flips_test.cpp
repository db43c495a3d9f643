// What one flipped bit of a worker's evidence bundle does to its acceptance. COCOON_FLIPS=all tries
// every bit (tests/soak/attest_flips); otherwise every bit of one statement and a sample of the
// rest.

#include <doctest/doctest.h>

#include "attest/flips_test.h"
#include "attest/verify.h"

using namespace cocoon;
using namespace cocoon::attest;
using tdxsim::WorkerFixture;
using test::flipped;
using test::meaning_of_quote;
using test::tries_all;

namespace {

struct Vector {
  std::string name;
  WorkerFixture worker;
  EvidenceBundle bundle;
};

Vector vector_of(const std::string& seed, const std::string& model, const std::string& owner,
                 std::uint16_t quote_version) {
  WorkerFixture worker = tdxsim::make_worker_fixture(seed, model);
  if (!owner.empty()) {
    worker.configuration.insert(0, "owner_address = \"" + owner + "\"\n");
    worker.statement.owner_address = owner;
    worker.rehash_configuration();
  }
  EvidenceBundle bundle = worker.bundle({.version = quote_version});
  bundle.event_log = to_bytes("event log");
  return {.name = seed, .worker = std::move(worker), .bundle = std::move(bundle)};
}

// Statements with and without an owner, with text of either length class of CBOR.
std::vector<Vector> vectors() {
  std::vector<Vector> out;
  out.push_back(vector_of("no owner", "m", "", 4));
  out.push_back(vector_of("owner", "test-model", "EQowner", 5));
  out.push_back(vector_of("long texts", std::string(100, 'm'), std::string(128, 'o'), 4));
  return out;
}

Result<VerifiedWorker> judge(const Vector& vector, const EvidenceBundle& bundle) {
  const WorkerFixture& worker = vector.worker;
  return verify_evidence(bundle, worker.collateral, worker.policy, worker.block, worker.now);
}

// Everything in the bundle that a judgement reads: all but the event log.
std::vector<Bytes> meaning_of(const EvidenceBundle& bundle) {
  std::vector<Bytes> out = meaning_of_quote(bundle.quote);
  out.insert(out.end(), {bundle.statement, bundle.configuration, bundle.gpu_evidence});
  return out;
}

}  // namespace

TEST_CASE("a statement with one flipped bit is refused, whichever it is") {
  std::size_t step = 1;
  for (const Vector& vector : vectors()) {
    CAPTURE(vector.name);
    REQUIRE(judge(vector, vector.bundle).has_value());
    std::size_t malformed = 0;
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < vector.bundle.statement.size() * 8; bit += step) {
      CAPTURE(bit);
      EvidenceBundle bad = vector.bundle;
      bad.statement = flipped(bad.statement, bit);
      const auto worker = judge(vector, bad);
      REQUIRE_FALSE(worker.has_value());
      ++(Statement::decode(bad.statement).has_value() ? refused : malformed);
    }
    MESSAGE(vector.name << ": " << refused + malformed << " refused, of which " << malformed
                        << " are no statement");
    CHECK_GT(refused, 0);
    CHECK_GT(malformed, 0);
    if (!tries_all()) step = 7;
  }
}

TEST_CASE("a bundle with one flipped bit is refused, or means the same to the last byte") {
  const std::size_t step = tries_all() ? 1 : 211;
  for (const Vector& vector : vectors()) {
    CAPTURE(vector.name);
    const Bytes bytes = vector.bundle.encode();
    const std::vector<Bytes> meaning = meaning_of(vector.bundle);
    std::size_t refused = 0;
    std::size_t same = 0;
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += step) {
      CAPTURE(bit);
      const auto bad = EvidenceBundle::decode(flipped(bytes, bit));
      if (!bad.has_value() || !judge(vector, *bad).has_value()) {
        ++refused;
        continue;
      }
      ++same;
      REQUIRE(meaning_of(*bad) == meaning);
    }
    MESSAGE(vector.name << ": " << refused << " refused, " << same << " without a meaning");
    CHECK_GT(refused, 0);
  }
}
