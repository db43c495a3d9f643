#include "apps/cocoon/commands.h"

#include "base/check.h"

namespace cocoon::apps {

CLI::App& Commands::group(const std::string& name, const std::string& summary) {
  const auto known =
      root_.get_subcommands([&](const CLI::App* app) { return app->get_name() == name; });
  if (!known.empty()) return *known.front();
  CLI::App* const created = root_.add_subcommand(name, summary);
  created->require_subcommand(1);
  return *created;
}

CLI::App& Commands::add_silent(CLI::App& parent, const std::string& name,
                               const std::string& summary, const char* help, Action action) {
  CLI::App* const command = parent.add_subcommand(name, summary);
  command->footer(help);
  actions_.emplace_back(command, std::move(action));
  return *command;
}

CLI::App& Commands::add(CLI::App& parent, const std::string& name, const std::string& summary,
                        const char* help, Action action) {
  CLI::App& command = add_silent(parent, name, summary, help, std::move(action));
  command.add_flag("--json", is_json_, "print one JSON object and nothing else");
  return command;
}

int Commands::run() const {
  Terminal terminal(is_json_ ? Terminal::Mode::kJson : Terminal::Mode::kHuman);
  for (const auto& [command, action] : actions_) {
    if (command->parsed()) return action(terminal);
  }
  COCOON_CHECK(false && "the parser requires a command");
  return 0;
}

}  // namespace cocoon::apps
