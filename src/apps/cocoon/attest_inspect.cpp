#include "apps/cocoon/attest_inspect.h"

#include <memory>
#include <string>

#include "apps/cocoon/error.h"
#include "apps/common/role_program.h"
#include "attest/inspect_file.h"
#include "codec/json.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using codec::Json;

constexpr std::size_t kInspectBytesMax = 1024 * 1024;

constexpr const char* kInspectHelp = R"(DESCRIPTION
  Shows what a file of evidence says: a TDX quote (measurements, attributes, certificate), a worker's evidence bundle (the
  statement, and all below), an SEV-SNP report, the report of an NVIDIA GPU, an event log (what booted: firmware, boot
  loader, the kernel's command line). Nothing is verified; anybody can write such a file.

  An event log that comes with its quote is replayed. Then "authenticated" says of each event whether the quote's
  registers, through the event's digest, vouch for what is shown of it: as far as the quote is genuine, these bytes were
  measured. An event's type and a boot loader's label are the log's own word.

OUTPUT OF --json
  one object: kind, verified (false), and a member for each fact; bytes are hexadecimal.

EXIT STATUS
  0 shown; 2 the file cannot be read or is none of these.

EXAMPLES
  cocoon attest inspect quote.bin
  cocoon attest inspect evidence.bin --json)";

std::string text_of(const Json& value) {
  return value.as_string() != nullptr ? *value.as_string() : codec::write_json(value);
}

std::string member(const Json& object, std::string_view name) {
  const Json* const value = object.find(name);
  return value == nullptr ? std::string() : text_of(*value);
}

// "RTMR1  EV_EFI_ACTION  ✓ Exit Boot Services Invocation": a mark where the quote vouches for the
// text.
void show_event(const Json& event, const Terminal& terminal) {
  constexpr std::size_t kShownMax = 200;
  const Json* const authenticated = event.find("authenticated");
  const bool vouched = authenticated != nullptr && authenticated->as_boolean() != nullptr &&
                       *authenticated->as_boolean();
  std::string what = member(event, "name");
  for (const char* name : {"variable", "text", "payload"}) {
    const std::string value = member(event, name);
    if (value.empty()) continue;
    what += (what.empty() ? "" : " ") + value;
    break;
  }
  if (what.size() > kShownMax) what = what.substr(0, kShownMax) + "…";
  const std::string mark = vouched ? "✓ " : "? ";
  terminal.fact(member(event, "register"), member(event, "type") + "  " + mark + what);
}

void show(const Json& object, const Terminal& terminal) {
  for (const auto& [name, value] : *object.as_object()) {
    const bool is_list = value.as_array() != nullptr && !value.as_array()->empty() &&
                         value.as_array()->front().as_object() != nullptr;
    if (value.as_object() != nullptr) {
      terminal.headline(name);
      show(value, terminal);
    } else if (is_list && name == "events") {
      terminal.headline("events (✓ the quote vouches for it, ? it does not)");
      for (const Json& event : *value.as_array()) show_event(event, terminal);
    } else if (is_list && name == "gpus") {
      for (const Json& gpu : *value.as_array()) {
        terminal.headline("gpu");
        show(gpu, terminal);
      }
    } else {
      terminal.fact(name, text_of(value));
    }
  }
}

int inspect(const std::string& file, const Terminal& terminal) {
  auto bytes = files::read_file(file, kInspectBytesMax);
  if (!bytes) return report(terminal, Error(AppError::kBadInput, bytes.error().message()));
  auto facts = attest::inspect_file_json(*bytes);
  if (!facts) return report(terminal, Error(AppError::kBadInput, facts.error().message()));
  if (terminal.is_json()) {
    terminal.json(codec::write_json(*facts));
    return kExitOk;
  }
  terminal.headline("Nothing below has been verified.");
  show(*facts, terminal);
  return kExitOk;
}

}  // namespace

void add_inspect_command(Commands& commands, CLI::App& group) {
  const auto file = std::make_shared<std::string>();
  commands
      .add(group, "inspect", "show what a file of evidence says; verifies nothing", kInspectHelp,
           [file](Terminal& terminal) { return inspect(*file, terminal); })
      .add_option("FILE", *file, "a quote, report, event log or evidence bundle")
      ->required();
}

}  // namespace cocoon::apps
