#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cocoon/bench.h"
#include "apps/cocoon/bench_nginx.h"
#include "apps/cocoon/devnet.h"

namespace cocoon::apps {

inline constexpr std::string_view kDirect = "direct";
inline constexpr std::string_view kNginx = "nginx";
inline constexpr std::string_view kCocoon = "cocoon";

// One way from the load to the engine, and the processes on it.
struct Way {
  struct Server {
    std::string name;
    pid_t pid = -1;
  };
  std::string_view name;
  std::uint16_t port = 0;
  std::vector<Server> servers;
};

// Everything that is measured, running: one engine, nginx before it where there is nginx, and a
// development network before it. All of it ends with this object.
class RelayLab {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RelayLab>> open(const BenchOptions& options,
                                                              Terminal& terminal);
  ~RelayLab();
  RelayLab(const RelayLab&) = delete;
  RelayLab& operator=(const RelayLab&) = delete;

  // direct; nginx if there is one; cocoon.
  [[nodiscard]] const std::vector<Way>& ways() const { return ways_; }
  [[nodiscard]] const Way* way(std::string_view name) const;
  [[nodiscard]] const std::filesystem::path& scratch() const { return scratch_; }
  // Another network around the same engine, with this many workers.
  [[nodiscard]] Result<std::unique_ptr<Devnet>> network(std::string_view folder,
                                                        std::size_t workers) const;

 private:
  explicit RelayLab(BenchOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Status start_engine();
  [[nodiscard]] Status start_nginx(Terminal& terminal);

  BenchOptions options_;
  std::filesystem::path scratch_;
  std::uint16_t engine_port_ = 0;
  std::optional<Process> engine_;
  std::optional<NginxChain> nginx_;
  std::unique_ptr<Devnet> net_;
  std::vector<Way> ways_;
};

// Memory of a process that is its own, in KiB: resident and not shared with files.
[[nodiscard]] double own_memory_kib(pid_t pid);

}  // namespace cocoon::apps
