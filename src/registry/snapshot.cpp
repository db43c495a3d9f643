#include "registry/snapshot.h"

#include <algorithm>

namespace cocoon::registry {
namespace {

template <class Items, class Predicate>
auto find_or_null(const Items& items, Predicate predicate) -> decltype(&items.front()) {
  const auto found = std::ranges::find_if(items, predicate);
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

const Model* Snapshot::model_by_name(std::string_view name) const {
  return find_or_null(models, [&](const Model& model) { return model.name == name; });
}

const Model* Snapshot::model_by_hash(const ModelHash& hash) const {
  return find_or_null(models, [&](const Model& model) { return model.hash == hash; });
}

const Proxy* Snapshot::proxy_by_key(const crypto::Ed25519PublicKey& key) const {
  return find_or_null(proxies, [&](const Proxy& proxy) { return proxy.key == key; });
}

}  // namespace cocoon::registry
