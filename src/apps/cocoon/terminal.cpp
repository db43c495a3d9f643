#include "apps/cocoon/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace cocoon::apps {
namespace {

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kReset = "\x1b[0m";

}  // namespace

Terminal::Terminal(Mode mode)
    : mode_(mode), is_terminal_(isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}

std::string Terminal::styled(std::string_view code, std::string_view text) const {
  return is_terminal_ ? fmt::format("{}{}{}", code, text, kReset) : std::string(text);
}

void Terminal::step(std::string_view text) {
  if (is_json()) return;
  fmt::print("{}\n", styled(kDim, fmt::format("… {}", text)));
  std::fflush(stdout);
}

void Terminal::done(std::string_view text) const {
  if (is_json()) return;
  fmt::print("{} {}\n", styled(kGreen, "✓"), text);
  std::fflush(stdout);
}

void Terminal::fact(std::string_view name, std::string_view value) const {
  if (!is_json()) fmt::print("  {} {}\n", styled(kDim, fmt::format("{:<10}", name)), value);
}

void Terminal::note(std::string_view text) const {
  if (!is_json()) fmt::print("{} {}\n", styled(kDim, "·"), text);
}

void Terminal::mend(std::string_view text, std::string_view command) const {
  if (is_json()) return;
  fmt::print("{} {}\n", styled(kYellow, "✗"), text);
  if (!command.empty()) fmt::print("    {}\n", styled(kBold, command));
}

void Terminal::headline(std::string_view text) const {
  if (!is_json()) fmt::print("\n{}\n", styled(kBold, text));
}

void Terminal::text(std::string_view text) const {
  if (!is_json()) fmt::print("{}\n", text);
}

void Terminal::json(std::string_view object) const {
  if (is_json()) fmt::print("{}\n", object);
}

}  // namespace cocoon::apps
