#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "apps/cocoon/process.h"
#include "base/result.h"

namespace cocoon::apps {

// nginx as this machine has it: in PATH, where Debian keeps it, or where tools/bootstrap puts it.
[[nodiscard]] std::optional<std::filesystem::path> find_nginx(
    const std::filesystem::path& programs);

// Three nginx processes in a row before an engine, TLS 1.3 between them, each on one thread: the
// peer that the relay is measured beside. bench/nginx/ has their configurations.
class NginxChain {
 public:
  // Returns once an answer came through all three.
  [[nodiscard]] static Result<NginxChain> start(const std::filesystem::path& nginx,
                                                const std::filesystem::path& programs,
                                                const std::filesystem::path& scratch,
                                                std::uint16_t engine_port);
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // front, middle, back
  [[nodiscard]] const std::vector<Process>& hops() const { return hops_; }

 private:
  NginxChain(std::uint16_t port, std::vector<Process> hops) : port_(port), hops_(std::move(hops)) {}
  std::uint16_t port_;
  std::vector<Process> hops_;
};

}  // namespace cocoon::apps
