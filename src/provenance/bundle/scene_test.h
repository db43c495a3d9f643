#pragma once

#include <memory>

#include "provenance/bundle/bundle.h"
#include "provenance/bundle/verify.h"
#include "provenance/log/proof.h"
#include "tdxsim/fixture.h"

// One answer of a simulated worker, logged by a proxy, and everything that proves it.
namespace cocoon::provenance::bundle::test {

class Scene {
 public:
  explicit Scene(const std::string& seed = "scene");

  // With the output salts and all of the answer's text.
  [[nodiscard]] Bundle bundle() const;
  // The same without any text, and salts only where asked for.
  [[nodiscard]] Bundle bare() const;
  [[nodiscard]] Trust trust() const;
  [[nodiscard]] Chain judge(const Bundle& bundle) const;

  // The receipt signed by the worker.
  [[nodiscard]] Bytes signed_receipt() const;
  // A proof that the log of this size, whose entry at `index` is the receipt's, holds it.
  [[nodiscard]] std::string log_proof(std::uint64_t index, std::uint64_t size) const;

  tdxsim::WorkerFixture worker;
  crypto::Ed25519KeyPair identity;
  crypto::Ed25519KeyPair proxy;
  Bytes collateral;  // JSON, of the worker's machine
  SaltRoot salts;
  std::vector<ShownRun> answer;
  Receipt receipt;
  std::shared_ptr<registry::Snapshot> registry;
};

[[nodiscard]] crypto::Ed25519KeyPair key_of(const std::string& seed);
// What the bundle is refused for; fails the test if it is not.
[[nodiscard]] Link refused_by(const Chain& chain);

}  // namespace cocoon::provenance::bundle::test
