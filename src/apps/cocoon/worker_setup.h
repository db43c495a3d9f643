#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cocoon/terminal.h"
#include "attest/trusted_block.h"
#include "base/result.h"
#include "engine/model_files.h"
#include "registry/snapshot.h"

namespace cocoon::apps {

inline constexpr const char* kSystemWorkerConfig = "/etc/cocoon/worker.toml";

struct WorkerSetup {
  enum class Overwrite : std::uint8_t { kAsk, kYes };

  std::filesystem::path config = kSystemWorkerConfig;
  std::optional<std::string> owner;  // TON address; empty: none
  std::filesystem::path model;       // GGUF file or its folder
  std::string registry;  // the contract's address, or a devnet's file; names models and proxies
  // TON's; left empty: global.config.json beside the registry file, or beside the configuration.
  std::filesystem::path global_config;
  std::filesystem::path tsm;         // left empty: the kernel's
  std::filesystem::path collateral;  // left empty: collateral.json beside the configuration
  std::filesystem::path programs;    // where llama-server lies
  Overwrite overwrite = Overwrite::kAsk;
};

struct WorkerSetupDone {
  std::filesystem::path config;
  std::string model_name;
  ModelHash model_hash;
  std::vector<std::string> proxies;  // "host:port"
  std::string next;                  // the command that runs the worker
};

// Puts a question to the user, with what Enter alone would mean; nothing when nobody can be asked
// or the input ended.
using Ask =
    std::function<std::optional<std::string>(std::string_view question, std::string_view offered)>;

// Reads the registry contract at this raw address, proven from the block that the global
// configuration trusts.
using ReadContract = std::function<Result<registry::Snapshot>(
    const std::string& address, const std::filesystem::path& global_config)>;

// Asks for what the options leave open, up to three times each; checks the owner's address, that
// the registry lists this very model, and the file as the worker will read it; and writes it.
// kBadInput says what is missing or wrong.
[[nodiscard]] Result<WorkerSetupDone> set_up_worker(WorkerSetup setup, const Ask& ask,
                                                    const ReadContract& read_contract,
                                                    const engine::Progress& progress);

// [chain] of a worker's configuration: TON's global.config.json and the block that is trusted.
[[nodiscard]] std::string worker_chain_toml(const std::filesystem::path& global_config,
                                            const attest::TrustedBlock& trusted);
// validator.init_block of such a file. kBadInput if there is none.
[[nodiscard]] Result<attest::TrustedBlock> trusted_block_of(
    const std::filesystem::path& global_config);

// `cocoon worker setup`: asks on a terminal.
int run_worker_setup(WorkerSetup setup, Terminal& terminal);

}  // namespace cocoon::apps
