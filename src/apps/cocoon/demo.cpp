#include "apps/cocoon/demo.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <thread>

#include "apps/cocoon/answer_file.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/local_http.h"
#include "apps/cocoon/ton_devnet.h"
#include "apps/cocoon/verify_bundle.h"
#include "apps/common/role_program.h"
#include "codec/json.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using namespace std::chrono_literals;

constexpr auto kAnswerBy = 5min;
constexpr auto kFetchBy = 10s;
// The client asks for promises each half second.
constexpr auto kPromiseBy = 5s;
constexpr auto kPromiseCheck = 200ms;
constexpr int kStatusOk = 200;

struct Answer {
  std::string text;
  RequestId request_id;
  Kid kid;
};

// What was checked about the answer here, apart from what the client checked before it handed the
// answer over.
struct Checked {
  provenance::bundle::Chain chain;
  provenance::Receipt receipt;
  std::string refusal;  // of the answer with one byte changed
};

Result<const Json*> member(const Json& of, std::string_view key) {
  const Json* const found = of.find(key);
  if (found == nullptr) return fail(AppError::kBadAnswer, "the answer lacks " + std::string(key));
  return found;
}

Result<Answer> ask(const DevnetFacts& facts, const std::string& question) {
  Json message = Json::object();
  message.set("role", Json::string("user"));
  message.set("content", Json::string(question));
  Json request = Json::object();
  request.set("model", Json::string(facts.model_name));
  request.set("messages", Json::array({std::move(message)}));
  request.set("temperature", Json::number(std::int64_t{0}));
  request.set("max_tokens", Json::number(std::int64_t{64}));
  TRY(const LocalReply reply, ask_local(facts.client_port, "POST", "/v1/chat/completions",
                                        codec::write_json(request), kAnswerBy));
  if (reply.status != kStatusOk) {
    return fail(AppError::kBadAnswer,
                fmt::format("status {}: {}", reply.status, as_text(reply.body)));
  }
  TRY(const Json body, codec::parse_json(as_text(reply.body)));
  TRY(const Json* const choices, member(body, "choices"));
  if (choices->as_array() == nullptr || choices->as_array()->empty()) {
    return fail(AppError::kBadAnswer, "an answer without choices");
  }
  TRY(const Json* const reply_message, member(choices->as_array()->front(), "message"));
  TRY(const Json* const content, member(*reply_message, "content"));
  if (content->as_string() == nullptr || content->as_string()->empty())
    return fail(AppError::kBadAnswer, "an answer without text");
  Answer answer{.text = *content->as_string(), .request_id = {}, .kid = {}};
  TRY(answer.request_id, RequestId::from_hex(ports::find_field(reply.headers, "x-cocoon-receipt")));
  TRY(answer.kid, Kid::from_hex(ports::find_field(reply.headers, "x-cocoon-kid")));
  return answer;
}

// The answer's bundle, with the proxy's promise in it if that comes soon.
Result<provenance::bundle::Bundle> fetch_bundle(const DevnetFacts& facts, const Answer& answer) {
  const auto began = std::chrono::steady_clock::now();
  for (;;) {
    TRY(const LocalReply reply,
        ask_local(facts.client_port, "GET", "/v1/receipts/" + answer.request_id.hex() + "/bundle",
                  "", kFetchBy));
    if (reply.status != kStatusOk)
      return fail(AppError::kBadAnswer, "the client has no bundle of its answer");
    auto bundle = provenance::bundle::Bundle::decode(reply.body);
    if (!bundle) return fail(AppError::kBadAnswer, bundle.error().why.message());
    const bool is_late = std::chrono::steady_clock::now() - began > kPromiseBy;
    if (!bundle->log_proof.empty() || is_late) return std::move(*bundle);
    std::this_thread::sleep_for(kPromiseCheck);
  }
}

// Judges the answer's bundle apart from the client that made it, by the network's registry and
// chain; and once more for an answer of which one byte was changed.
Result<Checked> check(const DevnetFacts& facts, const DevnetOptions& options, const Answer& answer,
                      const Terminal& terminal) {
  TRY(const provenance::bundle::Bundle bundle, fetch_bundle(facts, answer));
  JudgeOptions judge;
  judge.registry = facts.registry;
  judge.light.config = (options.state / "ton" / kTonConfigFile).string();
  judge.light.anchor = "none";
  TRY(const provenance::bundle::Trust trust, settle_trust(judge, bundle, terminal));
  provenance::bundle::Verifier verifier;
  const provenance::bundle::Presented presented = read_answer(as_bytes(answer.text));
  Checked checked;
  checked.chain = verifier.verify(bundle, trust, &presented);
  const auto* const refused = checked.chain.refused();
  if (!checked.chain.holds() || !checked.chain.receipt) {
    return fail(AppError::kBadAnswer,
                "the answer's bundle does not hold: " + (refused == nullptr ? "" : refused->text));
  }
  if (checked.chain.receipt->request_id != answer.request_id ||
      checked.chain.receipt->kid != answer.kid) {
    return fail(AppError::kBadAnswer, "the receipt is for another answer");
  }
  checked.receipt = *checked.chain.receipt;
  std::string text = answer.text;
  text.back() = static_cast<char>(text.back() ^ 1);
  const provenance::bundle::Presented changed = read_answer(as_bytes(text));
  const provenance::bundle::Chain tampered = verifier.verify(bundle, trust, &changed);
  const auto* const refusal = tampered.refused();
  if (tampered.holds() || refusal == nullptr) {
    return fail(AppError::kBadAnswer, "an answer with one byte changed was not refused");
  }
  checked.refusal = std::string(name_of(refusal->name)) + ": " + refusal->text;
  return checked;
}

// The value of a metric without labels, 0 if the proxy does not answer.
std::uint64_t metric(std::uint16_t admin_port, std::string_view name) {
  const auto reply = ask_local(admin_port, "GET", "/metrics", "", kFetchBy);
  if (!reply) return 0;
  return metric_in(as_text(reply->body), name).value_or(0);
}

std::uint64_t bytes_relayed(const DevnetFacts& facts) {
  std::uint64_t sum = 0;
  for (const DevnetProxy& proxy : facts.proxies)
    sum += metric(proxy.admin_port, "cocoon_relayed_bytes_total");
  return sum;
}

void show(const Terminal& terminal, const std::string& question, const DevnetFacts& facts,
          const Answer& answer, const Checked& checked, double seconds) {
  const std::uint64_t relayed = bytes_relayed(facts);
  const provenance::Receipt& receipt = checked.receipt;
  terminal.headline("Question");
  terminal.text("  " + question);
  terminal.headline("Answer");
  terminal.text("  " + answer.text);
  terminal.headline("Where it came from");
  terminal.fact("worker", answer.kid.hex());
  terminal.fact("attested",
                "TDX quote under this devnet's development root: simulated, not confidential");
  terminal.fact("image", receipt.image_hash.hex());
  terminal.fact("model", fmt::format("{}  {}", facts.model_name, receipt.model_hash.hex()));
  terminal.fact("tokens", fmt::format("{} in, {} out", receipt.tokens.input.value(),
                                      receipt.tokens.output.value()));
  terminal.fact("price", receipt.price.decimal() + " TON");
  terminal.fact("proxy saw", fmt::format("{} bytes, all of them sealed", relayed));
  terminal.fact("block", std::to_string(receipt.masterchain_seqno.value()));
  terminal.headline("What its bundle proves");
  show_chain(checked.chain, terminal);
  terminal.headline("The same answer with one byte changed");
  terminal.refused(checked.refusal);
  terminal.fact("took", fmt::format("{:.1f} s", seconds));

  Json attestation = Json::object();
  attestation.set("platform", Json::string("tdx"));
  attestation.set("root", Json::string("development"));
  Json worker = Json::object();
  worker.set("kid", Json::string(answer.kid.hex()));
  worker.set("attestation", std::move(attestation));
  Json out = Json::object();
  out.set("answer", Json::string(answer.text));
  out.set("model", Json::string(facts.model_name));
  out.set("model_hash", Json::string(receipt.model_hash.hex()));
  out.set("worker", std::move(worker));
  out.set("proxy_saw_bytes", Json::number(relayed));
  out.set("price_nano", Json::number(receipt.price.nano()));
  out.set("receipt_verified", Json::boolean(checked.chain.holds()));
  out.set("tamper_refused", Json::boolean(!checked.refusal.empty()));
  out.set("seconds", Json::number_text(fmt::format("{:.3f}", seconds)));
  terminal.json(codec::write_json(out));
}

}  // namespace

int run_demo(DevnetOptions options, const std::string& question, Terminal& terminal) {
  const auto began = std::chrono::steady_clock::now();
  const auto tell = [&](std::string_view text) { terminal.step(text); };
  std::string folder = (std::filesystem::temp_directory_path() / "cocoon-demo-XXXXXX").string();
  const bool is_temporary = options.state.empty();
  if (is_temporary) {
    if (mkdtemp(folder.data()) == nullptr) {
      return report(terminal, Error(AppError::kBadState, "cannot make a folder in " + folder));
    }
    options.state = folder;
  }
  Status status;
  {
    auto net = Devnet::lay_out(options, tell);
    status = net ? (*net)->start(tell) : Status(std::unexpected(net.error()));
    if (status) {
      terminal.step("asking");
      auto answer = ask((*net)->facts(), question);
      auto checked = answer ? check((*net)->facts(), options, *answer, terminal)
                            : std::unexpected(answer.error());
      if (checked) {
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        show(terminal, question, (*net)->facts(), *answer, *checked, took.count());
      } else {
        status = std::unexpected(checked.error());
      }
    }
    if (net) (*net)->stop();
  }
  if (is_temporary) {
    std::error_code ignored;
    std::filesystem::remove_all(options.state, ignored);
  }
  return status ? kExitOk : report(terminal, status.error());
}

}  // namespace cocoon::apps
