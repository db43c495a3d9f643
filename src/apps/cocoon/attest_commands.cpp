#include <memory>
#include <string>

#include "apps/cocoon/attest_inspect.h"
#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/common/role_program.h"
#include "attest/judge_device.h"
#include "attest/policy_toml.h"
#include "attest/reason.h"
#include "attest/verdict.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kQuoteFileBytesMax = 1024 * 1024;

constexpr const char* kVerifyHelp = R"(DESCRIPTION
  Judges a TDX quote with Intel's collateral at a time: signatures up to Intel's root, revocation, the windows of the
  collateral, the levels of platform, TDX module and quoting enclave, and the attributes of the TD. A policy adds its
  roots, exceptions, bans and image list. Needs no network; the same inputs always give the same verdict.

  Also judges an SEV-SNP report with the certificate of its key, and the report of an NVIDIA GPU with its five
  certificates (PEM or DER, as --collateral; AMD's own authorities may be left out), under the vendors' roots. Of a list
  of GPUs with certificates, as NVIDIA's tools write it, --collateral is not read. What a GPU
  measures is not judged here: that needs golden measurements.

OUTPUT OF --json
  verdict "accept" or "reject"; tcb_status as Intel names it; reasons (each a stable name, a colon, and what a person
  understands); advisories; quote_version; fmspc, mrtd, rtmr, report_data and td_attributes in hexadecimal; and what the
  verdict was made from: quote_digest, collateral_digest, at, policy_hash.

EXIT STATUS
  0 accepted; 1 rejected; 2 there is nothing to judge: a file that cannot be read, is no quote, no collateral, no policy.

EXAMPLES
  cocoon attest verify --quote quote.bin --collateral collateral.json --at 2026-02-06T15:21:01Z
  cocoon attest verify --quote quote.bin --collateral collateral.json --at 2026-02-06T15:21:01Z --policy policy.toml --json)";

struct VerifyArguments {
  std::string quote;
  std::string collateral;
  std::string at;
  std::string policy;
};

Error unusable(std::string_view what, const Error& error) {
  return {AppError::kBadInput, std::string(what) + ": " + error.message()};
}

// A file with the quote's bytes, or with their hexadecimal as text.
Bytes quote_bytes(Bytes file) {
  std::string digits(as_text(file));
  std::erase_if(digits, [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; });
  if (digits.starts_with("0x")) digits.erase(0, 2);
  auto decoded = from_hex(digits);
  return decoded && !decoded->empty() ? std::move(*decoded) : std::move(file);
}

Result<attest::QuoteVerdict> judge(const VerifyArguments& arguments) {
  TRY(Bytes quote, files::read_file(arguments.quote, kQuoteFileBytesMax));
  TRY(const Bytes collateral,
      files::read_file(arguments.collateral, attest::intel::kCollateralBytesMax));
  TRY(const UnixSeconds at, codec::parse_rfc3339(arguments.at));
  std::optional<attest::Policy> policy;
  if (!arguments.policy.empty()) {
    TRY(const Bytes toml, files::read_file(arguments.policy, kQuoteFileBytesMax));
    TRY(policy, attest::parse_policy_toml(toml));
  }
  return attest::judge_quote(quote_bytes(std::move(quote)), collateral, at,
                             policy ? &*policy : nullptr);
}

// The verdict over a report that is no TDX quote; nothing if it is one.
Result<std::optional<attest::DeviceVerdict>> judge_as_device(const VerifyArguments& arguments) {
  TRY(Bytes evidence, files::read_file(arguments.quote, kQuoteFileBytesMax));
  TRY(const Bytes certificates, files::read_file(arguments.collateral, kQuoteFileBytesMax));
  TRY(const UnixSeconds at, codec::parse_rfc3339(arguments.at));
  return attest::judge_device(quote_bytes(std::move(evidence)), certificates, at);
}

int show_device(const attest::DeviceVerdict& judged, const Terminal& terminal) {
  if (terminal.is_json()) {
    terminal.json(codec::write_json(judged.to_json()));
  } else {
    terminal.headline(judged.is_accepted() ? "accepted" : "rejected");
    for (const Error& reason : judged.reasons) terminal.note(attest::reason_text(reason));
  }
  return judged.is_accepted() ? kExitOk : kExitFailed;
}

int verify(const VerifyArguments& arguments, const Terminal& terminal) {
  const auto device = judge_as_device(arguments);
  if (!device) return report(terminal, unusable("nothing to judge", device.error()));
  if (const auto& judged_device = *device; judged_device.has_value()) {
    if (arguments.policy.empty()) return show_device(*judged_device, terminal);
    return report(terminal, Error(AppError::kBadInput, "a policy file judges TDX quotes only"));
  }
  const auto judged = judge(arguments);
  if (!judged) return report(terminal, unusable("nothing to judge", judged.error()));
  const bool is_accepted = judged->record.outcome == attest::Verdict::Outcome::kAccept;
  if (terminal.is_json()) {
    terminal.json(codec::write_json(judged->to_json()));
  } else {
    terminal.headline(is_accepted ? "accepted" : "rejected");
    if (!judged->record.tcb_status.empty()) terminal.fact("tcb_status", judged->record.tcb_status);
    for (const Error& reason : judged->record.reasons) terminal.note(attest::reason_text(reason));
    for (const std::string& advisory : judged->record.advisories) {
      terminal.fact("advisory", advisory);
    }
  }
  return is_accepted ? kExitOk : kExitFailed;
}

}  // namespace

void add_attest_commands(Commands& commands) {
  CLI::App& group = commands.group("attest", "evidence of confidential computing");
  add_inspect_command(commands, group);
  const auto arguments = std::make_shared<VerifyArguments>();
  CLI::App& verifying = commands.add(
      group, "verify", "judge a TDX quote, or another vendor's report, at a time", kVerifyHelp,
      [arguments](Terminal& terminal) { return verify(*arguments, terminal); });
  verifying.add_option("--quote", arguments->quote, "the quote")->required();
  verifying
      .add_option("--collateral", arguments->collateral,
                  "Intel's collateral, JSON; or certificates")
      ->required();
  verifying.add_option("--at", arguments->at, "the time of judgement, RFC 3339")->required();
  verifying.add_option("--policy", arguments->policy, "a policy, TOML");
}

}  // namespace cocoon::apps
