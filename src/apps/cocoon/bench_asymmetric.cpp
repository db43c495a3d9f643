#include "apps/cocoon/bench_asymmetric.h"

#include <vector>

#include "apps/cocoon/bench_clock.h"
#include "apps/cocoon/bench_figures.h"
#include "crypto/keys.h"
#include "hpke/hpke.h"
#include "net/os_random.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kOperationsPerRound = 50;

SecretArray<32> random_key(net::OsRandom& random) {
  SecretArray<32> key;
  random.fill(key.expose_mutable());
  return key;
}

struct Material {
  net::OsRandom random;
  crypto::X25519KeyPair recipient = crypto::X25519KeyPair::from_private(random_key(random));
  crypto::Ed25519KeyPair identity = crypto::Ed25519KeyPair::from_seed(random_key(random));
  ByteArray<147> info = random.array<147>();
  ByteArray<32> content_key = random.array<32>();
  ByteArray<300> document = random.array<300>();
};

Result<Bytes> wrap(Material& material, crypto::X25519PublicKey& enc) {
  const auto ephemeral = crypto::X25519KeyPair::from_private(random_key(material.random));
  TRY(auto sender, hpke::setup_sender(hpke::AeadId::kAes256Gcm, material.recipient.public_key(),
                                      material.info, ephemeral));
  enc = sender.enc;
  return sender.context.seal({}, material.content_key);
}

Result<AsymmetricCosts> measure_once(Material& material) {
  AsymmetricCosts costs;
  crypto::X25519PublicKey enc;
  Bytes wrapped;
  TRY(costs.wrap_us, cpu_us_of(kOperationsPerRound, [&]() -> Status {
        TRY(wrapped, wrap(material, enc));
        return {};
      }));
  TRY(costs.unwrap_us, cpu_us_of(kOperationsPerRound, [&]() -> Status {
        TRY(auto context,
            hpke::setup_receiver(hpke::AeadId::kAes256Gcm, enc, material.recipient, material.info));
        TRY(const Bytes opened, context.open({}, wrapped));
        return {};
      }));
  crypto::Ed25519Signature signature;
  TRY(costs.sign_us, cpu_us_of(kOperationsPerRound, [&]() -> Status {
        signature = material.identity.sign(material.document);
        return {};
      }));
  TRY(costs.verify_us, cpu_us_of(kOperationsPerRound, [&] {
        return crypto::verify_ed25519(material.identity.public_key(), material.document, signature);
      }));
  return costs;
}

}  // namespace

Result<AsymmetricCosts> measure_asymmetric(std::size_t rounds) {
  Material material;
  std::vector<double> wraps;
  std::vector<double> unwraps;
  std::vector<double> signs;
  std::vector<double> verifies;
  for (std::size_t i = 0; i < rounds; ++i) {
    TRY(const AsymmetricCosts once, measure_once(material));
    wraps.push_back(once.wrap_us);
    unwraps.push_back(once.unwrap_us);
    signs.push_back(once.sign_us);
    verifies.push_back(once.verify_us);
  }
  return AsymmetricCosts{.wrap_us = median(std::move(wraps)),
                         .unwrap_us = median(std::move(unwraps)),
                         .sign_us = median(std::move(signs)),
                         .verify_us = median(std::move(verifies))};
}

}  // namespace cocoon::apps
