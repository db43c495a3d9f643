#include "apps/cocoon/worker_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "apps/cocoon/error.h"
#include "apps/cocoon/ton_address.h"
#include "attest/worker_config.h"
#include "chain/lite_network.h"
#include "chain/registry_toml.h"
#include "files/small_files.h"
#include "ton/block/address.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 3;
constexpr std::size_t kProxiesMax = 16;  // of docs/formats/worker-config.md

// Where a worker keeps what it makes. The unit of packaging/systemd gives the first; any other
// place of the configuration gets a folder beside it.
struct Layout {
  fs::path state;
  fs::path private_model;
  std::string next;
};

Layout layout_of(const fs::path& config) {
  if (config == kSystemWorkerConfig) {
    return {"/var/lib/cocoon-worker", "/run/cocoon-worker-model/copy",
            "systemctl enable --now cocoon-worker"};
  }
  const fs::path state = config.parent_path() / "worker-state";
  return {state, state / "model", "cocoon worker run --config " + config.string()};
}

Result<fs::path> make_absolute(const fs::path& path) {
  std::error_code failed;
  fs::path out = fs::absolute(path, failed).lexically_normal();
  if (failed) return fail(AppError::kBadInput, "cannot resolve " + path.string());
  return out;
}

Status must_exist(const fs::path& path, std::string_view what) {
  std::error_code failed;
  if (fs::exists(path, failed)) return {};
  return fail(AppError::kBadInput, fmt::format("there is no {} at {}", what, path.string()));
}

// Asks until `check` is content. `last` is what is wrong when nobody can be asked.
Result<std::string> ask_until(const Ask& ask, std::string_view question, std::string_view offered,
                              Error last, const std::function<Status(const std::string&)>& check) {
  for (int i = 0; i < kTries; ++i) {
    const auto answer = ask(
        i == 0 ? std::string(question) : fmt::format("{}. {}", last.message(), question), offered);
    if (!answer) break;
    std::string value = answer->empty() ? std::string(offered) : *answer;
    const Status good = check(value);
    if (good) return value;
    last = good.error();
  }
  return std::unexpected(std::move(last));
}

Status check_owner(const std::string& owner) {
  if (owner.empty()) return {};
  return check_ton_address(owner);
}

Status settle_owner(WorkerSetup& setup, const Ask& ask) {
  if (setup.owner) return check_owner(*setup.owner);
  TRY(setup.owner,
      ask_until(ask,
                "TON address that is paid (Enter for none; a development network pays nothing)", "",
                Error(AppError::kBadInput, "give the owner's TON address: --owner ADDRESS"),
                check_owner));
  return {};
}

Status settle_path(fs::path& path, const Ask& ask, std::string_view question,
                   const fs::path& offered, std::string_view what, std::string_view flag) {
  if (path.empty()) {
    TRY(path, ask_until(ask, question, offered.string(),
                        Error(AppError::kBadInput, fmt::format("give the {}: {}", what, flag)),
                        [&](const std::string& answer) { return must_exist(answer, what); }));
  }
  TRY(path, make_absolute(path));
  return must_exist(path, what);
}

// An address in its raw form; nothing for what is no address.
std::optional<std::string> contract_address(const std::string& registry) {
  const auto parsed = ton::parse_address(registry);
  return parsed ? std::optional(ton::raw_address(parsed->address)) : std::nullopt;
}

Status check_registry(const std::string& registry) {
  if (contract_address(registry)) return {};
  return must_exist(registry, "registry file");
}

// Leaves the contract's raw address or the file's absolute path, and where TON's configuration is.
Status settle_registry(WorkerSetup& setup, const Ask& ask) {
  if (setup.registry.empty()) {
    TRY(setup.registry,
        ask_until(ask, "Registry, the address of its contract, or a development network's file",
                  (setup.config.parent_path() / "registry.toml").string(),
                  Error(AppError::kBadInput, "give the registry: --registry ADDRESS"),
                  check_registry));
  }
  TRY_VOID(check_registry(setup.registry));
  fs::path beside = setup.config;
  if (const auto address = contract_address(setup.registry)) {
    setup.registry = *address;
  } else {
    TRY(beside, make_absolute(setup.registry));
    setup.registry = beside.string();
  }
  if (setup.global_config.empty())
    setup.global_config = beside.parent_path() / "global.config.json";
  TRY(setup.global_config, make_absolute(setup.global_config));
  return {};
}

Result<registry::Snapshot> read_file(const fs::path& file) {
  TRY(const Bytes toml, files::read_file(file, chain::kRegistryFileBytesMax));
  auto snapshot = chain::parse_registry_toml(toml);
  if (!snapshot) return std::unexpected(std::move(snapshot).error().with_context(file.string()));
  return snapshot;
}

Result<registry::Snapshot> read_registry(const WorkerSetup& setup,
                                         const ReadContract& read_contract) {
  TRY(registry::Snapshot snapshot, contract_address(setup.registry)
                                       ? read_contract(setup.registry, setup.global_config)
                                       : read_file(setup.registry));
  if (snapshot.proxies.empty())
    return fail(AppError::kBadInput, setup.registry + " lists no proxy to dial");
  return snapshot;
}

// The registry's entry of the very files that lie there.
Result<registry::Model> recognise(const fs::path& model, const registry::Snapshot& snapshot,
                                  const engine::Progress& progress) {
  TRY(const engine::ModelIdentity identity,
      engine::hash_for_registry(model, {.progress = progress, .threads = 0, .stop = {}}));
  TRY_VOID(engine::gguf_file(identity));
  if (const registry::Model* const listed = snapshot.model_by_hash(identity.hash)) return *listed;
  std::string names;
  for (const registry::Model& listed : snapshot.models)
    names += (names.empty() ? "" : ", ") + listed.name;
  return fail(AppError::kBadInput,
              fmt::format("the registry lists no model with the hash of {} ({}); it lists {}",
                          model.string(), identity.hash.hex(), names.empty() ? "none" : names));
}

Result<fs::path> find_engine(const fs::path& programs) {
  fs::path engine = programs / "llama-server";
  std::error_code failed;
  if (fs::exists(engine, failed)) return engine;
  return fail(AppError::kBadInput, "there is no llama-server in " + programs.string() +
                                       "; install cocoon-worker, or run tools/build-llama-server");
}

std::string configuration(const WorkerSetup& setup, const registry::Snapshot& snapshot,
                          const registry::Model& model, const fs::path& engine,
                          const attest::TrustedBlock& trusted, const Layout& layout) {
  std::string toml = fmt::format(
      "# A worker's configuration. Its bytes are measured into the worker's evidence, so all of it "
      "is public.\n"
      "network = {}\nstate_dir = '{}'\n",
      snapshot.network.value(), layout.state.string());
  const std::string owner = setup.owner.value_or("");
  if (!owner.empty()) toml += fmt::format("owner_address = '{}'\n", owner);
  toml += fmt::format("\n[engine]\nkind = 'llama-server'\nprogram = '{}'\nthreads = {}\n",
                      engine.string(), std::max(1U, std::thread::hardware_concurrency()));
  toml += fmt::format("\n[model]\nname = '{}'\npath = '{}'\nprivate_dir = '{}'\n", model.name,
                      setup.model.string(), layout.private_model.string());
  for (std::size_t i = 0; i < std::min(snapshot.proxies.size(), kProxiesMax); ++i) {
    const registry::Proxy& proxy = snapshot.proxies[i];
    toml += fmt::format("\n[[proxies]]  # {}\nhost = '{}'\nport = {}\nkey = '{}'\n", proxy.name,
                        proxy.host, proxy.port, proxy.key.hex());
  }
  toml += fmt::format("\n[registry]\n{} = '{}'\n",
                      contract_address(setup.registry) ? "address" : "file", setup.registry);
  toml += worker_chain_toml(setup.global_config, trusted);
  toml += "\n[tee]\n";
  if (!setup.tsm.empty()) toml += fmt::format("tsm_path = '{}'\n", setup.tsm.string());
  toml += fmt::format("collateral_file = '{}'\n", setup.collateral.string());
  return toml;
}

Status may_write(const WorkerSetup& setup, const Ask& ask) {
  std::error_code failed;
  if (setup.overwrite == WorkerSetup::Overwrite::kYes || !fs::exists(setup.config, failed))
    return {};
  const auto answer = ask(setup.config.string() + " is there already. Replace it? yes or no", "no");
  if (answer == "yes" || answer == "y") return {};
  return fail(AppError::kBadInput,
              setup.config.string() + " is there already and stays as it is; --yes replaces it");
}

Status make_folder(const fs::path& folder) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (!failed) return {};
  return fail(AppError::kBadInput,
              fmt::format("cannot make {}: {}", folder.string(), failed.message()));
}

Status write_files(const WorkerSetup& setup, const Layout& layout, const std::string& toml) {
  TRY_VOID(make_folder(setup.config.parent_path()));
  if (setup.config != kSystemWorkerConfig) {
    TRY_VOID(make_folder(layout.state));
    std::error_code failed;
    fs::permissions(layout.state, fs::perms::owner_all, failed);
  }
  if (const Status written = files::replace_file(
          setup.config, as_bytes(toml), files::FileMode::kPublic, files::Durability::kFlushed);
      !written) {
    return fail(AppError::kBadInput,
                written.error().message() + "; run this as root, or give --config PATH");
  }
  return {};
}

}  // namespace

std::string worker_chain_toml(const fs::path& global_config, const attest::TrustedBlock& trusted) {
  return fmt::format("\n[chain]\nglobal_config = '{}'\n\n[chain.trusted_block]\n{}",
                     global_config.string(), attest::write_trusted_block(trusted));
}

Result<attest::TrustedBlock> trusted_block_of(const fs::path& global_config) {
  TRY_VOID(must_exist(global_config, "global configuration of TON"));
  TRY(const Bytes text, files::read_file(global_config, chain::kGlobalConfigBytesMax));
  const auto network = chain::parse_global_config(as_text(text));
  if (!network)
    return fail(AppError::kBadInput, global_config.string() + ": " + network.error().message());
  return attest::TrustedBlock{.seqno = Seqno(network->trusted.seqno),
                              .root_hash = BlockHash(network->trusted.root_hash.bytes()),
                              .file_hash = BlockFileHash(network->trusted.file_hash.bytes())};
}

Result<WorkerSetupDone> set_up_worker(WorkerSetup setup, const Ask& ask,
                                      const ReadContract& read_contract,
                                      const engine::Progress& progress) {
  TRY(setup.config, make_absolute(setup.config));
  TRY_VOID(may_write(setup, ask));
  TRY(const fs::path engine, find_engine(setup.programs));
  TRY_VOID(settle_owner(setup, ask));
  TRY_VOID(settle_registry(setup, ask));
  TRY(const attest::TrustedBlock trusted, trusted_block_of(setup.global_config));
  TRY(const registry::Snapshot snapshot, read_registry(setup, read_contract));
  if (!snapshot.policy.trusts(trusted)) {
    return fail(AppError::kBadInput,
                fmt::format("the registry does not list block {}, which {} trusts",
                            trusted.seqno.value(), setup.global_config.string()));
  }
  TRY_VOID(settle_path(setup.model, ask, "Model, a GGUF file or the folder of one",
                       setup.programs.parent_path() / "models", "model", "--model PATH"));
  TRY(const registry::Model model, recognise(setup.model, snapshot, progress));

  if (setup.collateral.empty()) setup.collateral = setup.config.parent_path() / "collateral.json";
  TRY(setup.collateral, make_absolute(setup.collateral));
  const Layout layout = layout_of(setup.config);
  const std::string toml = configuration(setup, snapshot, model, engine, trusted, layout);
  TRY(const attest::WorkerConfig read_back, attest::parse_worker_config(as_bytes(toml)));
  TRY_VOID(write_files(setup, layout, toml));
  WorkerSetupDone done{setup.config, model.name, model.hash, {}, layout.next};
  for (const auto& proxy : read_back.proxies)
    done.proxies.push_back(fmt::format("{}:{}", proxy.host, proxy.port));
  return done;
}

}  // namespace cocoon::apps
