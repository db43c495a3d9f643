#include "chain/registry_toml.h"

#include <algorithm>
#include <set>

#include "attest/image_toml.h"
#include "attest/policy_limits.h"
#include "attest/policy_toml.h"
#include "codec/toml_table.h"

namespace cocoon::chain {
namespace {

using codec::TomlTable;
using namespace std::chrono_literals;

constexpr std::size_t kModelsMax = 4096;
constexpr std::size_t kProxiesMax = 4096;

bool is_printable(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::string> name_value(TomlTable& table, std::string_view key, std::size_t bytes_max) {
  TRY(std::string name, table.text(key, bytes_max));
  if (name.empty() || !is_printable(name)) {
    return table.refuse(key, "must be printable ASCII without spaces");
  }
  return name;
}

// A whole number of seconds within reason.
Result<std::chrono::seconds> seconds_value(TomlTable& table, std::string_view key,
                                           std::chrono::seconds absent) {
  TRY(const std::chrono::milliseconds value, table.duration_or(key, absent));
  if (value % 1s != 0ms || value < 1s || value > 30 * 24h) {
    return table.refuse(key, "must be whole seconds, from 1s to 30d");
  }
  return std::chrono::duration_cast<std::chrono::seconds>(value);
}

Result<registry::Parameters> read_parameters(TomlTable table) {
  registry::Parameters out;
  TRY(out.key_epoch, seconds_value(table, "key_epoch", out.key_epoch));
  TRY(out.key_grace, seconds_value(table, "key_grace", out.key_grace));
  TRY(const std::int64_t interval,
      table.integer_or("statement_block_interval", out.statement_block_interval, {1, 1'000'000}));
  out.statement_block_interval = static_cast<std::uint32_t>(interval);
  TRY(out.price_floor, table.amount_or("price_floor", out.price_floor));
  TRY_VOID(table.finish());
  return out;
}

Status read_attestation(TomlTable table, const registry::Parameters& parameters,
                        attest::Policy& policy) {
  TRY_VOID(attest::read_platform_terms(table, policy));
  TRY(policy.statement_age_max,
      seconds_value(table, "statement_age_max", parameters.key_epoch + parameters.key_grace));
  TRY(std::vector<TomlTable> blocks,
      table.tables("trusted_blocks", attest::kPolicyTrustedBlocksMax));
  for (TomlTable& row : blocks) {
    TRY(const attest::TrustedBlock block, attest::read_trusted_block(std::move(row)));
    policy.trusted_blocks.push_back(block);
  }
  return table.finish();
}

Result<registry::Model> read_model(TomlTable table) {
  registry::Model out;
  TRY(out.name, name_value(table, "name", 128));
  TRY(out.hash, table.tagged_hex<ModelHash>("hash"));
  TRY_VOID(table.finish());
  return out;
}

Result<registry::Proxy> read_proxy(TomlTable table) {
  registry::Proxy out;
  TRY(out.name, name_value(table, "name", 128));
  TRY(out.key, table.tagged_hex<crypto::Ed25519PublicKey>("key"));
  TRY(out.host, name_value(table, "host", 253));
  TRY(const std::int64_t port, table.integer("port", {1, 65'535}));
  out.port = static_cast<std::uint16_t>(port);
  TRY_VOID(table.finish());
  return out;
}

Status read_lists(TomlTable& root, registry::Snapshot& out) {
  TRY_VOID(attest::read_images(root, out.policy));
  TRY(std::vector<TomlTable> models, root.tables("models", kModelsMax));
  std::set<std::string> names;
  for (TomlTable& row : models) {
    TRY(registry::Model model, read_model(std::move(row)));
    if (!names.insert(model.name).second) return root.refuse("models", "a name occurs twice");
    out.models.push_back(std::move(model));
  }
  TRY(std::vector<TomlTable> proxies, root.tables("proxies", kProxiesMax));
  std::set<crypto::Ed25519PublicKey> keys;
  for (TomlTable& row : proxies) {
    TRY(registry::Proxy proxy, read_proxy(std::move(row)));
    if (!keys.insert(proxy.key).second) return root.refuse("proxies", "a key occurs twice");
    out.proxies.push_back(std::move(proxy));
  }
  return {};
}

Result<registry::Snapshot> read_snapshot(BytesView toml) {
  TRY(TomlTable root, TomlTable::parse(as_text(toml), kRegistryFileBytesMax));
  registry::Snapshot out;
  TRY(const std::int64_t network, root.integer("network", {INT32_MIN, INT32_MAX}));
  out.network = NetworkId(static_cast<std::int32_t>(network));
  if (out.network != kDevnetNetworkId) {
    return fail(ChainError::kForbidden, "a registry read from a file counts on the devnet only");
  }
  out.policy.network = out.network;
  TRY(TomlTable parameters, root.table_or_empty("parameters"));
  TRY(out.parameters, read_parameters(std::move(parameters)));
  TRY(TomlTable attestation, root.table("attestation"));
  TRY_VOID(read_attestation(std::move(attestation), out.parameters, out.policy));
  TRY_VOID(read_lists(root, out));
  TRY_VOID(root.finish());
  return out;
}

std::string seconds_text(std::chrono::seconds value) {
  return "\"" + std::to_string(value.count()) + "s\"";
}

}  // namespace

Result<registry::Snapshot> parse_registry_toml(BytesView toml) {
  auto snapshot = read_snapshot(toml);
  if (snapshot.has_value() || snapshot.error().library() == Library::kChain) return snapshot;
  return fail(ChainError::kMalformed, snapshot.error().message());
}

std::string write_registry_toml(const registry::Snapshot& snapshot) {
  using codec::toml_quoted;
  const registry::Parameters& parameters = snapshot.parameters;
  std::string out = "network = " + std::to_string(snapshot.network.value()) + "\n\n[parameters]\n";
  out += "key_epoch = " + seconds_text(parameters.key_epoch) + "\n";
  out += "key_grace = " + seconds_text(parameters.key_grace) + "\n";
  out += "statement_block_interval = " + std::to_string(parameters.statement_block_interval) + "\n";
  out += "price_floor = \"" + parameters.price_floor.decimal() + " TON\"\n\n[attestation]\n";
  out += "statement_age_max = " + seconds_text(snapshot.policy.statement_age_max) + "\n";
  out += attest::write_platform_terms(snapshot.policy);
  for (const attest::TrustedBlock& block : snapshot.policy.trusted_blocks) {
    out += "\n[[attestation.trusted_blocks]]\n" + attest::write_trusted_block(block);
  }
  out += attest::write_images(snapshot.policy);
  for (const registry::Model& model : snapshot.models) {
    out += "\n[[models]]\nname = " + toml_quoted(model.name) + "\nhash = \"" + model.hash.hex() +
           "\"\n";
  }
  for (const registry::Proxy& proxy : snapshot.proxies) {
    out += "\n[[proxies]]\nname = " + toml_quoted(proxy.name) + "\nkey = \"" + proxy.key.hex() +
           "\"\nhost = " + toml_quoted(proxy.host) + "\nport = " + std::to_string(proxy.port) +
           "\n";
  }
  return out;
}

}  // namespace cocoon::chain
