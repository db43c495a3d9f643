#include "tests/fakes/world/world.h"

#include "crypto/hash.h"

namespace cocoon::fakes {
namespace {

SecretArray<32> draw(SeededRandom& random) {
  SecretArray<32> secret;
  random.fill(secret.expose_mutable());
  return secret;
}

}  // namespace

World::World(std::uint64_t seed)
    : sim(tdxsim::kFixtureNow),
      random(seed),
      chain(sim.clock()),
      network(sim),
      model(crypto::sha256(as_bytes("the weights of the test model"))) {
  registry.change([&](registry::Snapshot& snapshot) {
    snapshot.network = kDevnetNetworkId;
    snapshot.models = {{.name = kModelName, .hash = model}};
    snapshot.parameters.statement_block_interval = FakeChainHead::kStatementInterval;
    snapshot.policy.network = kDevnetNetworkId;
    snapshot.policy.images = {tdxsim::image_of(tdxsim::default_measurements())};
    snapshot.policy.trusted_blocks = {tdxsim::fixture_trusted_block()};
    snapshot.policy.statement_age_max =
        snapshot.parameters.key_epoch + snapshot.parameters.key_grace;
  });
}

tdxsim::Platform World::new_platform(const std::string& name) {
  tdxsim::Platform platform = tdxsim::make_platform(name);
  registry.change([&](registry::Snapshot& snapshot) {
    snapshot.policy.roots.push_back(platform.root_fingerprint());
  });
  return platform;
}

ports::Endpoint World::new_proxy_place(const std::string& name, std::uint16_t port) {
  const ports::Endpoint place{
      .host = "127.0.0.1", .port = port, .key = new_identity().public_key()};
  registry.change([&](registry::Snapshot& snapshot) {
    snapshot.proxies.push_back(
        {.name = name, .key = place.key, .host = place.host, .port = place.port});
  });
  return place;
}

crypto::Ed25519KeyPair World::new_identity() {
  return crypto::Ed25519KeyPair::from_seed(draw(random));
}
crypto::X25519KeyPair World::new_hpke_key() {
  return crypto::X25519KeyPair::from_private(draw(random));
}

Bytes worker_configuration(const std::string& model_name) {
  return to_bytes(tdxsim::fixture_configuration(model_name));
}

}  // namespace cocoon::fakes
