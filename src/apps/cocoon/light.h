#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "apps/cocoon/terminal.h"
#include "chain/light_client.h"
#include "codec/json.h"

namespace cocoon::apps {

// How a command reads TON.
struct LightOptions {
  std::string config;
  std::string anchor;
  std::uint32_t age_max_s = 120;
  std::uint32_t timeout_s = 60;
  std::optional<NetworkId> network;  // refuse blocks of any other; a command sets it, not an option
};
// --config, --anchor, --max-age, --timeout
void add_light_options(CLI::App& app, LightOptions& options);
// Where trust comes from, for the help of each of those commands.
inline constexpr const char* kLightHelp = R"(
TRUST
  One block is believed without proof: validator.init_block of --config. Everything else is proven from it: each later key
  block by signatures of more than two thirds of the validators that the one before names, accounts by Merkle proofs.
  Lite-servers can withhold and delay, and are not believed. To pin a newer block, put the workchain, shard, seqno,
  root_hash and file_hash of a key block that you know into init_block: from your own node, or from several explorers that
  agree. The shipped mainnet configuration pins block 59379986, recorded in July 2026, so the first sync from it walks far;
  the anchor file keeps how far it came.)";

using LightJob = std::function<async::Task<Result<codec::Json>>(chain::LightClient& client,
                                                                async::Deadline deadline)>;
// Runs the job and gives what it gave, printing nothing.
[[nodiscard]] Result<codec::Json> ask_light(const LightOptions& options, const LightJob& job);

// What people see of the job's object.
using LightView = std::function<void(const codec::Json& result)>;
// Runs the job and prints its object, with the servers' refused answers in `refused`; gives the
// exit status. Without a view people see each member.
[[nodiscard]] int run_light(const LightOptions& options, const LightJob& job,
                            const Terminal& terminal, const LightView& view = {});

[[nodiscard]] codec::Json json_of(const chain::ProvenBlock& block);

}  // namespace cocoon::apps
