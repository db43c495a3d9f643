// The terminal's side of `cocoon worker setup`.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <utility>

#include "apps/cocoon/error.h"
#include "apps/cocoon/light.h"
#include "apps/cocoon/worker_setup.h"
#include "apps/common/role_program.h"
#include "chain/ton_registry.h"
#include "codec/json.h"

namespace cocoon::apps {
namespace {

std::optional<std::string> ask_on_terminal(std::string_view question, std::string_view offered) {
  fmt::print(stderr, "{}{}: ", question, offered.empty() ? "" : fmt::format(" [{}]", offered));
  std::fflush(stderr);
  std::string line;
  if (!std::getline(std::cin, line)) return std::nullopt;
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string::npos) return std::string();
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

async::Task<Result<codec::Json>> read_into(registry::Snapshot& snapshot, chain::LightClient& client,
                                           ton::Address address, async::Deadline deadline) {
  CO_TRY(const chain::ProvenBlock block, co_await client.sync(deadline));
  CO_TRY(const ton::ProvenAccount account, co_await client.account_at(block.id, address, deadline));
  CO_TRY(chain::ProvenRegistry registry, chain::read_registry(account, block.network));
  snapshot = std::move(registry.reading.snapshot);
  co_return codec::Json();
}

// As of now, with the anchor that `cocoon ton` keeps.
Result<registry::Snapshot> read_contract(const std::string& address,
                                         const std::filesystem::path& global_config) {
  LightOptions light;
  light.config = global_config.string();
  TRY(const ton::ParsedAddress parsed, ton::parse_address(address));
  registry::Snapshot snapshot;
  TRY_VOID(ask_light(light, [&](chain::LightClient& client, async::Deadline deadline) {
    return read_into(snapshot, client, parsed.address, deadline);
  }));
  return snapshot;
}

std::optional<std::string> ask_nobody(std::string_view, std::string_view) { return std::nullopt; }

}  // namespace

int run_worker_setup(WorkerSetup setup, Terminal& terminal) {
  const bool is_interactive = isatty(STDIN_FILENO) == 1 && !terminal.is_json();
  bool has_announced = false;
  const auto progress = [&](std::uint64_t, std::uint64_t total) {
    if (!std::exchange(has_announced, true))
      terminal.step(fmt::format("hashing the model, {} MiB", total >> 20U));
  };
  const auto done =
      set_up_worker(std::move(setup), is_interactive ? Ask(ask_on_terminal) : Ask(ask_nobody),
                    read_contract, progress);
  if (!done) return report(terminal, done.error());
  if (terminal.is_json()) {
    codec::Json proxies = codec::Json::array();
    for (const std::string& proxy : done->proxies)
      proxies.as_array()->push_back(codec::Json::string(proxy));
    codec::Json out = codec::Json::object();
    out.set("config", codec::Json::string(done->config.string()));
    out.set("model", codec::Json::string(done->model_name));
    out.set("model_hash", codec::Json::string(done->model_hash.hex()));
    out.set("proxies", std::move(proxies));
    out.set("next", codec::Json::string(done->next));
    terminal.json(codec::write_json(out));
    return kExitOk;
  }
  terminal.done("wrote " + done->config.string());
  terminal.fact("model", done->model_name);
  for (const std::string& proxy : done->proxies) terminal.fact("proxy", proxy);
  terminal.headline("Next");
  terminal.text("  " + done->next);
  return kExitOk;
}

}  // namespace cocoon::apps
