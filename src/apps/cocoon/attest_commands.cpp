#include <memory>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/common/role_program.h"
#include "attest/inspect.h"
#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kInspectBytesMax = 1024 * 1024;

constexpr const char* kInspectHelp = R"(DESCRIPTION
  Shows what a TDX quote, or the evidence bundle of a worker, says: measurements, attributes, the statement it vouches
  for, the platform's certificate. Nothing is verified; anybody can write such a file.

OUTPUT OF --json
  one object with a member for each fact; bytes are hexadecimal.

EXIT STATUS
  0 shown; 2 the file cannot be read or is neither.

EXAMPLES
  cocoon attest inspect quote.bin
  cocoon attest inspect evidence.bin --json)";

int inspect(const std::string& file, const Terminal& terminal) {
  auto bytes = files::read_file(file, kInspectBytesMax);
  if (!bytes) return report(terminal, Error(AppError::kBadInput, bytes.error().message()));
  auto facts = attest::inspect_quote_json(*bytes);
  if (!facts) return report(terminal, Error(AppError::kBadInput, facts.error().message()));
  if (terminal.is_json()) {
    terminal.json(codec::write_json(*facts));
    return kExitOk;
  }
  terminal.headline("Nothing below has been verified.");
  for (const auto& [key, value] : *facts->as_object()) {
    terminal.fact(key,
                  value.as_string() != nullptr ? *value.as_string() : codec::write_json(value));
  }
  return kExitOk;
}

}  // namespace

void add_attest_commands(Commands& commands) {
  CLI::App& group = commands.group("attest", "evidence of confidential computing");
  const auto file = std::make_shared<std::string>();
  commands
      .add(group, "inspect", "show what a quote or an evidence bundle says; verifies nothing",
           kInspectHelp, [file](Terminal& terminal) { return inspect(*file, terminal); })
      .add_option("FILE", *file, "a TDX quote or an evidence bundle")
      ->required();
}

}  // namespace cocoon::apps
