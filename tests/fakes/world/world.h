#pragma once

#include "tdxsim/fixture.h"
#include "tests/fakes/world/chain.h"
#include "tests/fakes/world/network.h"
#include "tests/fakes/world/recorders.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::fakes {

// What every role lives in: time, chance, chain, registry and network, all from one seed. The
// registry knows the model kModelName and the image of tdxsim's default measurements; roots and
// proxies are added as machines and proxies appear.
//
// An object that uses the world from coroutines calls world.sim.end() in its destructor.
struct World {
  static constexpr const char* kModelName = "test-model";

  explicit World(std::uint64_t seed = 1);

  Simulation sim;
  SeededRandom random;
  FakeRegistry registry;
  FakeChainHead chain;
  MemoryNetwork network;
  CapturedLog log;
  ModelHash model;

  [[nodiscard]] VirtualClock& clock() { return sim.clock(); }
  // A machine whose root the registry lists.
  [[nodiscard]] tdxsim::Platform new_platform(const std::string& name);
  // The registry lists a proxy at this place from now on, under a key of its own.
  [[nodiscard]] ports::Endpoint new_proxy_place(const std::string& name, std::uint16_t port);
  // Keys that the seed decides.
  [[nodiscard]] crypto::Ed25519KeyPair new_identity();
  [[nodiscard]] crypto::X25519KeyPair new_hpke_key();
};

// Configuration bytes that a worker of this model may have measured.
[[nodiscard]] Bytes worker_configuration(const std::string& model_name);

}  // namespace cocoon::fakes
