#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "attest/policy.h"
#include "base/money.h"
#include "base/strong.h"
#include "crypto/keys.h"

namespace cocoon::registry {

// A model that workers may serve. The client asks for it by name; hash decides.
struct Model {
  std::string name;
  ModelHash hash;
};

// A proxy and where it listens. Everything that it says is checked against this key.
struct Proxy {
  std::string name;
  crypto::Ed25519PublicKey key;
  std::string host;
  std::uint16_t port = 0;
};

struct Parameters {
  std::chrono::seconds key_epoch{3600};  // life of an HPKE key
  std::chrono::seconds key_grace{600};   // how long an old one still opens requests
  std::uint32_t statement_block_interval =
      256;              // statements name blocks whose seqno is a multiple of this
  NanoTon price_floor;  // zero until the market part lands: vouchers may be empty
};

struct Snapshot {
  NetworkId network;
  attest::Policy policy;  // images, roots, external-engine rule: what verification needs
  std::vector<Model> models;
  std::vector<Proxy> proxies;
  Parameters parameters;

  [[nodiscard]] const Model* model_by_name(std::string_view name) const;
  [[nodiscard]] const Model* model_by_hash(const ModelHash& hash) const;
  [[nodiscard]] const Proxy* proxy_by_key(const crypto::Ed25519PublicKey& key) const;
};

}  // namespace cocoon::registry
