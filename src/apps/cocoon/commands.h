#pragma once

// The commands of `cocoon`. Each group lives in one file, x_commands.cpp, which says what its
// commands are called, what --help says of them, and what they do; main.cpp only lists the groups.

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "apps/cocoon/terminal.h"

namespace cocoon::apps {

class Commands {
 public:
  // Does what a command is for; gives the exit status.
  using Action = std::function<int(Terminal&)>;

  explicit Commands(CLI::App& root) : root_(root) {}
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;

  [[nodiscard]] CLI::App& root() const { return root_; }
  // The group of this name: the one that there is, or a new one.
  CLI::App& group(const std::string& name, const std::string& summary);
  // A command with --json. `help` stands below its options.
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& summary,
                const char* help, Action action);
  // The same for a command that prints nothing of its own.
  CLI::App& add_silent(CLI::App& parent, const std::string& name, const std::string& summary,
                       const char* help, Action action);
  // Runs the command that was parsed.
  [[nodiscard]] int run() const;

 private:
  CLI::App& root_;
  bool is_json_ = false;
  std::vector<std::pair<const CLI::App*, Action>> actions_;
};

// The groups, in the order in which `cocoon --help` shows them.
void add_network_commands(Commands& commands);  // demo, up, status, down
void add_role_commands(Commands& commands);     // client, proxy, worker
void add_doctor_command(Commands& commands);
void add_attest_commands(Commands& commands);
void add_verify_command(Commands& commands);
void add_receipts_commands(Commands& commands);  // receipts list, export
void add_bench_command(Commands& commands);
void add_ton_commands(Commands& commands);        // ton check-proof
void add_ton_chain_commands(Commands& commands);  // ton account, block, send
void add_wallet_commands(Commands& commands);
void add_registry_commands(Commands& commands);  // registry show

}  // namespace cocoon::apps
