#include <memory>
#include <optional>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/light.h"
#include "apps/cocoon/registry_json.h"
#include "apps/cocoon/up.h"

namespace cocoon::apps {
namespace {

using codec::Json;

constexpr const char* kShowHelp = R"(DESCRIPTION
  What a network accepts, as its registry contract says it at the newest block, proven: models, images with their machine
  shapes, attestation roots, terms (status exceptions, trusted blocks, GPU and firmware rules), banned platforms, proxies,
  parameters; and what is not in force: changes that wait for their time, entries that do not count and why.

  Without --registry and --config the network of `cocoon up` is meant.

OUTPUT OF --json
  {"ok": true, "address": RAW, "network": ID, "block": {"seqno": ..., "gen_utime": ...}, "owner": RAW, "guardian": RAW,
   "policy_hash": ..., "parameters": {"key_epoch": SECONDS, ..., "price_floor_nano": ..., "stake_min_nano": ...},
   "models": [{"name", "key"}], "images": [{"kind": "tdx|snp", "name", ..., "shapes": [...], "key"}],
   "roots": [{"vendor", "name", "key"}], "terms": [{"kind", ..., "key"}], "banned_platforms": [HEX],
   "proxies": [{"key", "endpoints": ["host:port"], "owner", "stake_nano", "registered_at", "log_key", "anchor"}],
   "departed": [{"key", "owner", "stake_nano", "unlocks_at", "banned"}], "stakes_nano": ...,
   "pending": [{"id", "applies_at", "change": "add_entry|unban_platform|...", ...}],
   "refused_entries": [{"list", "key", "reason"}], "refused": [{"server", "reason"}]}
  or {"ok": false, "error": ...}. "key" is an entry's key in the contract: SHA-256 of a root certificate, a model's hash.

EXIT STATUS
  0 proven; 1 it could not be proven, or there is no registry that counts at the address; 2 wrong usage.

EXAMPLE
  cocoon registry show
  cocoon registry show --registry EQ... --config global.config.json --json
)";

struct Question {
  LightOptions light;
  std::string registry;
  std::string state;
};

// What was left out is that of the network that runs here.
Status settle(Question& asked) {
  if (!asked.registry.empty() && !asked.light.config.empty()) return {};
  TRY(const Json facts, running_network(asked.state));
  const Json* const registry = facts.find("registry");
  const Json* const ton = facts.find("ton");
  const Json* const config = ton == nullptr ? nullptr : ton->find("global_config");
  if (registry == nullptr || registry->as_string() == nullptr || config == nullptr ||
      config->as_string() == nullptr)
    return fail(AppError::kBadState, "the network that runs here says nothing of a registry");
  if (asked.registry.empty()) asked.registry = *registry->as_string();
  if (asked.light.config.empty()) asked.light.config = *config->as_string();
  return {};
}

struct Seen {
  std::optional<chain::ProvenRegistry> registry;
  UnixSeconds at;
};

async::Task<Result<Json>> read(chain::LightClient& client, ton::Address address, Seen& seen,
                               async::Deadline deadline) {
  CO_TRY(const chain::ProvenBlock block, co_await client.sync(deadline));
  CO_TRY(const ton::ProvenAccount account, co_await client.account_at(block.id, address, deadline));
  CO_TRY(chain::ProvenRegistry registry, chain::read_registry(account, block.network));
  Json json = Json::object(
      {{"ok", Json::boolean(true)},
       {"address", Json::string(ton::raw_address(address))},
       {"network", Json::number(std::int64_t{block.network.value()})},
       {"block",
        Json::object({{"seqno", Json::number(std::uint64_t{block.id.seqno})},
                      {"gen_utime", Json::number(std::uint64_t{block.generated_at.value()})}})}});
  const Json all = json_of(registry);
  for (const auto& [name, value] : *all.as_object()) json.set(name, value);
  seen = {std::move(registry), block.generated_at};
  co_return json;
}

int run_show(Question asked, const Terminal& terminal) {
  if (const Status settled = settle(asked); !settled) return report(terminal, settled.error());
  const auto address = ton::parse_address(asked.registry);
  if (!address) return report(terminal, Error(AppError::kBadInput, address.error().message()));
  Seen seen;
  return run_light(
      asked.light,
      [&](chain::LightClient& client, async::Deadline deadline) {
        return read(client, address->address, seen, deadline);
      },
      terminal,
      [&](const Json& json) {
        terminal.headline("Registry " + *json.find("address")->as_string());
        terminal.fact("network", codec::write_json(*json.find("network")));
        terminal.fact("proven at block", codec::write_json(*json.find("block")->find("seqno")));
        show_registry(*seen.registry, seen.at, terminal);
      });
}

}  // namespace

void add_registry_commands(Commands& commands) {
  CLI::App& group = commands.group("registry", "what a network accepts");
  const auto asked = std::make_shared<Question>();
  CLI::App& show =
      commands.add(group, "show", "the registry as it is proven now, and what waits", kShowHelp,
                   [asked](Terminal& terminal) { return run_show(*asked, terminal); });
  show.add_option("--registry", asked->registry, "the registry contract's address");
  add_light_options(show, asked->light);
  show.get_option("--config")->required(false);
  asked->state = default_state().string();
  show.add_option("--state", asked->state, "the state folder of the network of `cocoon up`")
      ->capture_default_str();
}

}  // namespace cocoon::apps
