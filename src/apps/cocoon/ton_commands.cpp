#include <memory>
#include <string>

#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/common/role_program.h"
#include "files/small_files.h"
#include "ton/proof/recording.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kRecordingBytesMax = std::size_t{40} * 1024 * 1024;

constexpr const char* kCheckProofHelp = R"(DESCRIPTION
  Checks what a recorded answer of a TON lite-server proves by itself, offline. FILE holds the hexadecimal digits of one
  TL answer, liteServer.partialBlockProof or liteServer.accountState, over any number of lines; lines that begin with #
  are comments. The name=value form of an account read is taken too.

  A block proof holds if each link leads forward and more than two thirds of the validators, by weight, that its source
  block names signed its destination; that the first block itself is true is not the recording's to prove. An account's
  state, or its absence, holds if Merkle proofs lead from the named masterchain block to it. The answer to an absent
  account does not say whose it is: give --account, or a comment with the address.

OUTPUT OF --json
  {"ok": true|false, "kind": "block_proof"|"account_state"|null, "reason": null|"..."} and, if it holds, from and to,
  signatures and weights of each link; or block, account, state, balance (nano), state_hash, last transaction.

EXIT STATUS
  0 it holds; 1 it is refused, with the reason; 2 the file cannot be read or is neither answer.

EXAMPLES
  cocoon ton check-proof link.hex
  cocoon ton check-proof account.hex --account 0:83ae... --json)";

struct CheckProof {
  std::string file;
  std::string account;
};

int exit_of(ton::Verdict verdict) {
  switch (verdict) {
    case ton::Verdict::kHolds:
      return kExitOk;
    case ton::Verdict::kRefused:
      return kExitFailed;
    case ton::Verdict::kUnusable:
      return kExitUsage;
  }
  return kExitFailed;
}

int check_proof(const CheckProof& asked, const Terminal& terminal) {
  std::optional<ton::Address> account;
  if (!asked.account.empty()) {
    const auto parsed = ton::parse_address(asked.account);
    if (!parsed) return report(terminal, Error(AppError::kBadInput, parsed.error().message()));
    account = parsed->address;
  }
  const auto text = files::read_file(asked.file, kRecordingBytesMax);
  if (!text) return report(terminal, Error(AppError::kBadInput, text.error().message()));
  const ton::RecordingReport found = ton::check_recording(as_text(*text), account);
  terminal.json(codec::write_json(found.json));
  if (terminal.is_json()) return exit_of(found.verdict);
  if (found.verdict != ton::Verdict::kHolds) {
    terminal.mend("refused: " + *found.json.find("reason")->as_string(), "");
    return exit_of(found.verdict);
  }
  terminal.done("it holds");
  for (const auto& [name, value] : *found.json.as_object()) {
    terminal.fact(name,
                  value.as_string() != nullptr ? *value.as_string() : codec::write_json(value));
  }
  return kExitOk;
}

}  // namespace

void add_ton_commands(Commands& commands) {
  CLI::App& group = commands.group("ton", "read TON without trusting anyone");
  const auto asked = std::make_shared<CheckProof>();
  CLI::App& check = commands.add(
      group, "check-proof", "check a recorded answer of a lite-server, offline", kCheckProofHelp,
      [asked](Terminal& terminal) { return check_proof(*asked, terminal); });
  check.add_option("FILE", asked->file, "the recording")->required();
  check.add_option("--account", asked->account, "whose state was asked for");
}

}  // namespace cocoon::apps
