#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/cocoon/devnet_files.h"
#include "apps/cocoon/process.h"

namespace cocoon::apps {

// The whole network on one machine: a simulated confidential-computing platform, workers, proxies,
// a client, under the reserved devnet network id. All of it are the programs that also run in
// earnest.
class Devnet {
 public:
  using Tell = std::function<void(std::string_view)>;

  // Lays out configuration files and keys in the state folder and starts the platform simulator.
  [[nodiscard]] static Result<std::unique_ptr<Devnet>> lay_out(const DevnetOptions& options,
                                                               const Tell& tell);
  // Starts the roles and returns once the client has verified a worker.
  [[nodiscard]] Status start(const Tell& tell);
  // One turn of care: what died is started again.
  void tend();
  void stop();

  [[nodiscard]] const DevnetFacts& facts() const { return facts_; }
  [[nodiscard]] const std::vector<Process>& processes() const { return processes_; }

 private:
  struct Program {
    std::string name;
    std::filesystem::path executable;
    std::vector<std::string> arguments;
  };
  explicit Devnet(DevnetOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Status start_platform();
  // The local TON network that everything else proves its blocks from.
  [[nodiscard]] Status start_ton();
  // Waits for a file that the program started last writes when it is ready.
  [[nodiscard]] Status wait_for_file(const std::filesystem::path& file);
  [[nodiscard]] Status launch(Program program);
  [[nodiscard]] Status wait_until_serving(const Tell& tell);
  [[nodiscard]] Status first_failure();
  [[nodiscard]] std::filesystem::path in_state(std::string_view name) const {
    return options_.state / name;
  }

  DevnetOptions options_;
  DevnetFacts facts_;
  std::vector<Program> programs_;  // same order as processes_
  std::vector<Process> processes_;
};

}  // namespace cocoon::apps
