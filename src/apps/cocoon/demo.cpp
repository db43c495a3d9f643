#include "apps/cocoon/demo.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>

#include "apps/cocoon/error.h"
#include "apps/cocoon/local_http.h"
#include "apps/common/role_program.h"
#include "async/race.h"
#include "attest/evidence.h"
#include "codec/json.h"
#include "net/dialer.h"
#include "provenance/receipt.h"
#include "wire/protocol.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using namespace std::chrono_literals;

constexpr auto kAnswerBy = 5min;
constexpr auto kFetchBy = 10s;
constexpr int kStatusOk = 200;

struct Answer {
  std::string text;
  RequestId request_id;
  Kid kid;
};

// What was checked about the answer here, apart from what the client checked before it handed the
// answer over.
struct Checked {
  attest::Statement statement;
  provenance::Receipt receipt;
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
  if (content->as_string() == nullptr) return fail(AppError::kBadAnswer, "an answer without text");
  Answer answer{.text = *content->as_string(), .request_id = {}, .kid = {}};
  TRY(answer.request_id, RequestId::from_hex(ports::find_field(reply.headers, "x-cocoon-receipt")));
  TRY(answer.kid, Kid::from_hex(ports::find_field(reply.headers, "x-cocoon-kid")));
  return answer;
}

async::Task<Result<Bytes>> fetch_evidence(async::Executor executor, DevnetProxy proxy, Kid kid) {
  const auto clock = async::make_real_clock();
  const async::Deadline by = clock->in(kFetchBy);
  CO_TRY(const auto dialer, net::Dialer::create(executor));
  CO_TRY(const auto connection, co_await dialer->dial_forward(
                                    {.host = "127.0.0.1", .port = proxy.port}, proxy.key, {}, by));
  CO_TRY(ports::HttpResponse response,
         co_await connection->http().send({.method = "GET",
                                           .path = std::string(wire::kPathEvidence) + kid.hex(),
                                           .headers = {},
                                           .body = ports::body_of({})},
                                          by));
  if (response.status != kStatusOk)
    co_return fail(AppError::kBadAnswer, "the proxy has no evidence of this worker");
  co_return co_await async::with_deadline(
      *clock, by, ports::read_all(*response.body, attest::kEvidenceBytesMax));
}

Result<Bytes> evidence_from_proxy(const DevnetProxy& proxy, const Kid& kid) {
  boost::asio::io_context loop(1);
  std::optional<Result<Bytes>> evidence;
  const auto keep = [](async::Task<Result<Bytes>> task,
                       std::optional<Result<Bytes>>& into) -> async::Task<void> {
    into.emplace(co_await std::move(task));
  };
  async::spawn(loop.get_executor(), keep(fetch_evidence(loop.get_executor(), proxy, kid), evidence),
               [](std::string_view) {});
  loop.run();
  if (!evidence) return fail(AppError::kBadAnswer, "asking the proxy did not end");
  return std::move(*evidence);
}

// Fetches receipt and evidence apart from the client that made the answer, and checks the receipt's
// signature under the identity key of the statement that the kid names.
Result<Checked> check(const DevnetFacts& facts, const Answer& answer) {
  TRY(const LocalReply reply,
      ask_local(facts.client_port, "GET", "/v1/receipts/" + answer.request_id.hex(), "", kFetchBy));
  if (reply.status != kStatusOk)
    return fail(AppError::kBadAnswer, "the client has no receipt for its answer");
  TRY(const Bytes evidence, evidence_from_proxy(facts.proxies.front(), answer.kid));
  TRY(const attest::EvidenceBundle bundle, attest::EvidenceBundle::decode(evidence));
  if (attest::kid_for(bundle.statement) != answer.kid) {
    return fail(AppError::kBadAnswer, "the evidence is another worker's");
  }
  Checked checked;
  TRY(checked.statement, attest::Statement::decode(bundle.statement));
  TRY(checked.receipt, provenance::verify_receipt(reply.body, checked.statement.identity_key));
  if (checked.receipt.request_id != answer.request_id || checked.receipt.kid != answer.kid) {
    return fail(AppError::kBadAnswer, "the receipt is for another answer");
  }
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
  terminal.done("the receipt matches the answer and carries the attested worker's signature");
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
  out.set("receipt_verified", Json::boolean(true));
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
      auto checked = answer ? check((*net)->facts(), *answer) : std::unexpected(answer.error());
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
