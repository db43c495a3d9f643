#include "apps/cocoon/ton_devnet.h"

#include <fmt/format.h>
#include <unistd.h>

#include "apps/cocoon/error.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBlockIntervalMs = "5000";

bool is_executable(const fs::path& file) {
  std::error_code failed;
  return fs::is_regular_file(file, failed) && access(file.c_str(), X_OK) == 0;
}

// tools/bootstrap puts a Node of its own into build/tools where the system's is too old.
Result<fs::path> find_node(const fs::path& programs, std::string_view path) {
  if (fs::path own = programs / ".." / "tools" / "bin" / "node"; is_executable(own)) return own;
  while (!path.empty()) {
    const std::size_t end = path.find(':');
    fs::path candidate = fs::path(path.substr(0, end)) / "node";
    if (candidate.is_absolute() && is_executable(candidate)) return candidate;
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  }
  return fail(AppError::kNotInstalled, "Node is not installed");
}

}  // namespace

Result<TonDevnetProgram> find_ton_devnet(const fs::path& programs, std::string_view path) {
  const fs::path folder = programs / ".." / ".." / "devnet";
  std::error_code failed;
  if (!fs::exists(folder / "bin" / "devnet.js", failed))
    return fail(AppError::kNotInstalled, "the program is not beside this one");
  if (!fs::exists(folder / "node_modules" / "@ton" / "sandbox", failed))
    return fail(AppError::kNotInstalled,
                "its packages are not installed; run tools/devnet install");
  TRY(fs::path node, find_node(programs, path));
  return TonDevnetProgram{.node = std::move(node),
                          .script = fs::weakly_canonical(folder / "bin" / "devnet.js", failed)};
}

std::vector<std::string> ton_devnet_arguments(const TonDevnetProgram& program,
                                              const fs::path& folder, const TonDevnetPorts& ports) {
  return {program.script.string(),
          "--out",
          folder.string(),
          "--data-dir",
          (folder / "chain").string(),
          "--interval-ms",
          kBlockIntervalMs,
          "--begin-at-multiple",
          std::to_string(kTonStatementInterval),
          "--http-port",
          std::to_string(ports.http),
          "--control-port",
          std::to_string(ports.control),
          "--lite-ports",
          fmt::format("{},{}", ports.lite[0], ports.lite[1])};
}

}  // namespace cocoon::apps
