#include "apps/worker/model.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "ports/engine.h"

namespace cocoon::apps {
namespace {

// Draws "model  42% ████░░░" over itself; nothing where standard error is no terminal.
class ProgressBar {
 public:
  void show(std::uint64_t done, std::uint64_t total) {
    const auto permille = total == 0 ? 1000 : done * 1000 / total;
    if (!is_terminal_ || permille == shown_permille_) return;
    shown_permille_ = permille;
    constexpr std::uint64_t kWidth = 30;
    std::string bar;
    for (std::uint64_t i = 0; i < kWidth; ++i) bar += i * 1000 < permille * kWidth ? "█" : "░";
    fmt::print(stderr, "\rmodel {:>3}% {} {} MiB", permille / 10, bar, total >> 20U);
    if (done >= total) fmt::print(stderr, "\n");
    std::fflush(stderr);
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  std::uint64_t shown_permille_ = ~std::uint64_t{0};
};

// True if `inner` lies below `outer`.
bool is_below(const std::filesystem::path& inner, const std::filesystem::path& outer) {
  const std::filesystem::path relative =
      inner.lexically_normal().lexically_relative(outer.lexically_normal());
  return !relative.empty() && relative != "." && *relative.begin() != "..";
}

// A private copy; or, without a place for one, the read-only dm-verity mount that the model lies
// on.
Result<engine::ModelIdentity> identify(const attest::WorkerConfig& config,
                                       const engine::HashingOptions& options) {
  if (config.model.private_dir.empty()) return engine::hash_in_place(config.model.path, options);
  // A copy that an earlier run left behind is of no use: nobody watched it since. Nothing outside
  // the worker's own folder is ever removed; there copy_and_hash() insists on an empty place.
  if (is_below(config.model.private_dir, config.state_dir)) {
    std::error_code ignored;
    std::filesystem::remove_all(config.model.private_dir, ignored);
  }
  return engine::copy_and_hash(config.model.path, config.model.private_dir, options);
}

}  // namespace

Result<LoadedModel> load_model(const attest::WorkerConfig& config,
                               const registry::Snapshot& snapshot, const Logger& log) {
  const registry::Model* const listed = snapshot.model_by_name(config.model.name);
  if (listed == nullptr) {
    return fail(ports::EngineError::kWrongModel,
                "the registry lists no model named " + config.model.name);
  }
  if (config.engine.kind == attest::WorkerEngineConfig::Kind::kExternal)
    return LoadedModel{listed->hash, {}};

  const auto began = std::chrono::steady_clock::now();
  ProgressBar bar;
  const engine::HashingOptions options{
      .progress = [&bar](std::uint64_t done, std::uint64_t total) { bar.show(done, total); },
      .threads = 0,
      .stop = {}};
  TRY(const engine::ModelIdentity identity, identify(config, options));
  TRY_VOID(engine::expect_model(identity, listed->hash));
  TRY(std::filesystem::path file, engine::gguf_file(identity));
  log.info("worker.model_checked",
           {LogField::model(listed->name), LogField::count("bytes", identity.size),
            LogField::duration("took_ms", std::chrono::steady_clock::now() - began)});
  return LoadedModel{identity.hash, std::move(file)};
}

}  // namespace cocoon::apps
