#include <memory>
#include <string>

#include "apps/cocoon/answer_file.h"
#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/up.h"
#include "apps/cocoon/verify_bundle.h"
#include "apps/common/role_program.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using provenance::bundle::Bundle;
using provenance::bundle::Chain;
using provenance::bundle::Presented;

constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024 * 1024;

constexpr const char* kVerifyHelp = R"(DESCRIPTION
  Judges a bundle: where an answer came from, link by link, and what the bundle does not prove. Each link is proven (a tick),
  there but vouched for by nothing, absent (a dot), or refused (a cross), with the part of the bundle that is at fault:

    answer    the text shown, or that of --answer, is what the receipt commits to
    question  so is what was asked, if the bundle shows it
    receipt   the worker's key signed it
    model     the worker's evidence names this model, and the registry lists it
    image     the machine measured this software, and the registry lists it
    machine   confidential hardware vouches for the worker's key, by the vendor's collateral of then
    logged    a proxy's log of the registry holds the receipt
    anchored  TON holds that log's root (not built yet)

  Nothing in a bundle vouches for the registry: judge by one of your own. --registry names the contract, which is read from the
  chain with proofs, as is the block that dates the evidence (--config), or a registry file of a development network; left
  out, those of the network that `cocoon up` left running. Without any, and with a contract's address and --offline, model, image
  and machine stay unproven and the exit status is 1.

  --answer takes what an app got: the text alone, the JSON body, or the event stream. Words from a part that the bundle shows
  will do. An old bundle is judged as of the time when its answer began; --at names another.

OUTPUT OF --json
  {"verified": true|false, "reason": "PART: TEXT" if refused, "links": [{"name":…, "state": "proven"|"unproven"|"absent"|"refused",
   "text":…, "part":…}], "not_proven": […], "receipt_hash":…, "receipt": {…}, "worker": {…}, "policy_hash":…, "judged_at":…,
   "log": {…}}; for a file that is no bundle {"verified": false, "error":…, "part":…}

EXIT STATUS
  0 nothing is refused, and receipt, model, image and machine are proven; 1 not; 2 there is nothing to judge: a file that cannot
  be read or is no bundle.

EXAMPLES
  cocoon verify answer.cocoon
  cocoon verify answer.cocoon --answer answer.txt --registry EQ... --config global.config.json
  cocoon verify answer.cocoon --json)";

struct VerifyArguments {
  std::string bundle;
  std::string answer;
  bool is_offline = false;
  JudgeOptions judge;
};

// What was left out is that of the network that `cocoon up` left running, if there is one.
void settle_defaults(VerifyArguments& arguments) {
  JudgeOptions& judge = arguments.judge;
  if (arguments.is_offline) {
    judge.light.config.clear();
    return;
  }
  if (!judge.registry.empty() && !judge.light.config.empty()) return;
  const auto facts = running_network(default_state());
  if (!facts) return;
  const auto text = [](const Json* of) {
    return of == nullptr || of->as_string() == nullptr ? std::string() : *of->as_string();
  };
  const Json* const ton = facts->find("ton");
  if (judge.registry.empty()) judge.registry = text(facts->find("registry"));
  if (judge.light.config.empty() && ton != nullptr) {
    judge.light.config = text(ton->find("global_config"));
  }
}

// A file that says it is a bundle and is damaged is refused; one that does not is no bundle.
int refuse_file(const provenance::bundle::Damage& damage, const Terminal& terminal) {
  const std::string part(damage.part ? name_of(*damage.part) : "bundle");
  if (terminal.is_json()) {
    Json out = Json::object();
    out.set("verified", Json::boolean(false));
    out.set("error", Json::string(part + ": " + damage.why.message()));
    out.set("part", Json::string(part));
    terminal.json(codec::write_json(out));
  } else {
    terminal.refused(part + ": " + damage.why.message());
  }
  return damage.part ? kExitFailed : kExitUsage;
}

int verify(VerifyArguments& arguments, const Terminal& terminal) {
  const auto file = files::read_file(arguments.bundle, provenance::bundle::kBundleBytesMax);
  if (!file) return report(terminal, Error(AppError::kBadInput, file.error().message()));
  const auto bundle = Bundle::decode(*file);
  if (!bundle) return refuse_file(bundle.error(), terminal);
  settle_defaults(arguments);
  const auto trust = settle_trust(arguments.judge, *bundle, terminal);
  if (!trust) return report(terminal, trust.error());
  std::optional<Presented> presented;
  if (!arguments.answer.empty()) {
    const auto answer = files::read_file(arguments.answer, kAnswerBytesMax);
    if (!answer) return report(terminal, Error(AppError::kBadInput, answer.error().message()));
    presented = read_answer(*answer);
  }
  provenance::bundle::Verifier verifier;
  const Chain chain = verifier.verify(*bundle, *trust, presented ? &*presented : nullptr);
  if (terminal.is_json()) {
    terminal.json(codec::write_json(chain.to_json()));
  } else {
    terminal.headline(chain.holds() ? "verified" : "not verified");
    show_chain(chain, terminal);
  }
  return chain.holds() ? kExitOk : kExitFailed;
}

}  // namespace

void add_verify_command(Commands& commands) {
  const auto arguments = std::make_shared<VerifyArguments>();
  CLI::App& command = commands.add(
      commands.root(), "verify", "where an answer came from: judge its bundle", kVerifyHelp,
      [arguments](Terminal& terminal) { return verify(*arguments, terminal); });
  command.add_option("bundle", arguments->bundle, "the bundle")->required();
  command.add_option("--answer", arguments->answer, "a file with the answer, or words from it");
  command.add_option("--registry", arguments->judge.registry,
                     "the registry contract's address, or a registry file, to judge by");
  command.add_option("--at", arguments->judge.at, "the time to judge at, RFC 3339");
  command.add_option("--config", arguments->judge.light.config,
                     "the network's global.config.json, to ask the chain");
  command.add_flag("--offline", arguments->is_offline, "ask nobody");
}

}  // namespace cocoon::apps
