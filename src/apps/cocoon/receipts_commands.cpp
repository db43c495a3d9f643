#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "apps/cocoon/answer_file.h"
#include "apps/cocoon/commands.h"
#include "apps/cocoon/error.h"
#include "apps/cocoon/local_http.h"
#include "apps/common/role_program.h"
#include "codec/json.h"
#include "codec/rfc3339.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using provenance::bundle::Bundle;
using provenance::bundle::ShownRun;
using namespace std::chrono_literals;

constexpr auto kAskBy = 30s;
constexpr int kStatusOk = 200;
constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024 * 1024;

constexpr const char* kListHelp = R"(DESCRIPTION
  The receipts of the answers that the client on this machine got last, newest first. Ask it on another port with --port; where
  it wants a key, put the key into COCOON_API_KEY.

OUTPUT OF --json
  {"receipts": [{"id":…, "receipt_hash":…, "kid":…, "model":…, "ended_at_ms":…, "status":…, "price_nano":…,
   "log": "pending"|"promised", "bundle": true|false}]}

EXIT STATUS
  0 listed; 1 the client did not answer; 2 wrong usage.)";

constexpr const char* kExportHelp = R"(DESCRIPTION
  Writes the bundle of an answer to a file: what proves to anyone where it came from (cocoon verify). ID is the answer's
  x-cocoon-receipt, or the first column of `cocoon receipts list`.

  The client keeps no text. --show says what whoever gets the bundle can check: nothing of the texts; answer (the default): a text
  of the answer that he has; everything: also what was asked. What can be checked can be guessed at, if it is short.

  --answer puts the answer's text into the bundle: a file with what the app got (text, JSON body or event stream), which must
  be the whole answer, unchanged. With --part TEXT only the chunks that hold these words are put in, and nothing else can be checked
  or guessed at.

OUTPUT OF --json
  {"file":…, "bytes":…, "id":…}

EXIT STATUS
  0 written; 1 the client has no such receipt, or the file is not its answer; 2 wrong usage.

EXAMPLES
  cocoon receipts export 1f0c… -o answer.cocoon
  cocoon receipts export 1f0c… -o quote.cocoon --answer answer.json --part "The capital of France is Paris.")";

struct Place {
  std::uint16_t port = 10000;
};

struct ExportArguments {
  Place place;
  std::string id;
  std::string output;
  std::string show = "answer";
  std::string answer;
  std::string part;
};

struct ListArguments {
  Place place;
  std::uint32_t limit = 20;
};

void add_place(CLI::App& command, Place& place) {
  command.add_option("--port", place.port, "the client's port on 127.0.0.1")->capture_default_str();
}

Result<Bytes> ask_client(const Place& place, const std::string& path) {
  ports::HttpFields more;
  if (const char* const key = std::getenv("COCOON_API_KEY"); key != nullptr) {
    more.push_back({"authorization", std::string("Bearer ") + key});
  }
  TRY(LocalReply reply, ask_local(place.port, "GET", path, "", kAskBy, std::move(more)));
  if (reply.status != kStatusOk) {
    return fail(AppError::kBadAnswer,
                fmt::format("the client says {}: {}", reply.status, as_text(reply.body)));
  }
  return std::move(reply.body);
}

std::string text_of(const Json& row, std::string_view key) {
  const Json* const value = row.find(key);
  if (value == nullptr) return "";
  return value->as_string() != nullptr ? *value->as_string() : codec::write_json(*value);
}

Result<std::string> line_of(const Json& row) {
  const Json* const ended = row.find("ended_at_ms");
  if (ended == nullptr) return fail(AppError::kBadAnswer, "a receipt without a time");
  TRY(const std::uint64_t ended_ms, ended->as_unsigned());
  return fmt::format("{}  {}  {:<9} {:<8}  {}", text_of(row, "id"),
                     codec::write_rfc3339(UnixSeconds(static_cast<std::uint32_t>(ended_ms / 1000))),
                     text_of(row, "status"), text_of(row, "log"), text_of(row, "model"));
}

int list(const ListArguments& arguments, const Terminal& terminal) {
  const auto page =
      ask_client(arguments.place, "/v1/receipts?limit=" + std::to_string(arguments.limit));
  if (!page) return report(terminal, page.error());
  const auto json = codec::parse_json(as_text(*page));
  const Json* const rows = json ? json->find("receipts") : nullptr;
  if (rows == nullptr || rows->as_array() == nullptr) {
    return report(terminal, Error(AppError::kBadAnswer, "the client's list cannot be read"));
  }
  terminal.json(codec::write_json(*json));
  for (const Json& row : *rows->as_array()) {
    const auto line = line_of(row);
    if (!line) return report(terminal, line.error());
    terminal.text(*line);
  }
  return kExitOk;
}

// Leaves in the bundle only the chunks that hold these words.
Status show_part(Bundle& bundle, const std::vector<ShownRun>& runs,
                 const provenance::OutputSalts& salts, const std::string& words) {
  TRY(const provenance::OutputTree tree, provenance::bundle::commit_runs(salts, runs));
  for (const ShownRun& run : runs) {
    const std::size_t begin = run.text.find(words);
    if (begin == std::string::npos) continue;
    bundle.shown = {};
    TRY(bundle.shown.chunks,
        provenance::bundle::prove_range(tree, salts, run, begin, begin + words.size()));
    return {};
  }
  return fail(AppError::kBadInput, "the answer does not have these words");
}

Status show_text(Bundle& bundle, const ExportArguments& arguments) {
  TRY(const Bytes file, files::read_file(arguments.answer, kAnswerBytesMax));
  if (!bundle.shown.output_salts) {
    return fail(AppError::kBadInput, "--answer and --part go with --show answer or everything");
  }
  const provenance::OutputSalts salts = bundle.shown.output_salts->clone();
  TRY(const provenance::Receipt receipt, provenance::parse_unverified_receipt(bundle.receipt));
  TRY(std::vector<ShownRun> runs, reading_of(read_answer(file), salts, receipt));
  if (!arguments.part.empty()) return show_part(bundle, runs, salts, arguments.part);
  bundle.shown.runs = std::move(runs);
  return {};
}

Result<std::size_t> write_bundle(const ExportArguments& arguments,
                                 const std::filesystem::path& output) {
  TRY(Bytes bytes, ask_client(arguments.place,
                              "/v1/receipts/" + arguments.id + "/bundle?show=" + arguments.show));
  if (!arguments.answer.empty()) {
    auto bundle = Bundle::decode(bytes);
    if (!bundle) return fail(AppError::kBadAnswer, bundle.error().why.message());
    TRY_VOID(show_text(*bundle, arguments));
    TRY(bytes, bundle->encode());
  }
  TRY_VOID(
      files::replace_file(output, bytes, files::FileMode::kPrivate, files::Durability::kCached));
  return bytes.size();
}

int export_bundle(const ExportArguments& arguments, const Terminal& terminal) {
  if (!RequestId::from_hex(arguments.id)) {
    return report(terminal, Error(AppError::kBadInput, "an id has 32 hexadecimal digits"));
  }
  if (!arguments.part.empty() && arguments.answer.empty()) {
    return report(terminal, Error(AppError::kBadInput, "--part wants the answer: --answer FILE"));
  }
  const std::filesystem::path output =
      arguments.output.empty() ? arguments.id + ".cocoon" : arguments.output;
  const auto bytes = write_bundle(arguments, output);
  if (!bytes) return report(terminal, bytes.error());
  Json out = Json::object();
  out.set("file", Json::string(output.string()));
  out.set("bytes", Json::number(std::uint64_t{*bytes}));
  out.set("id", Json::string(arguments.id));
  terminal.json(codec::write_json(out));
  terminal.done(fmt::format("{}, {} bytes", output.string(), *bytes));
  return kExitOk;
}

}  // namespace

void add_receipts_commands(Commands& commands) {
  CLI::App& group = commands.group("receipts", "the proofs of the answers that this machine got");
  const auto listed = std::make_shared<ListArguments>();
  CLI::App& listing =
      commands.add(group, "list", "the receipts kept last", kListHelp,
                   [listed](Terminal& terminal) { return list(*listed, terminal); });
  add_place(listing, listed->place);
  listing.add_option("--limit", listed->limit, "how many")->capture_default_str();

  const auto exported = std::make_shared<ExportArguments>();
  CLI::App& exporting =
      commands.add(group, "export", "an answer's bundle, as a file", kExportHelp,
                   [exported](Terminal& terminal) { return export_bundle(*exported, terminal); });
  add_place(exporting, exported->place);
  exporting.add_option("id", exported->id, "the answer's id")->required();
  exporting.add_option("-o,--output", exported->output, "the file; ID.cocoon unless given");
  exporting
      .add_option("--show", exported->show, "what a reader can check: nothing, answer, everything")
      ->check(CLI::IsMember({"nothing", "answer", "everything"}))
      ->capture_default_str();
  exporting.add_option("--answer", exported->answer, "a file with the answer, to be put in");
  exporting.add_option("--part", exported->part, "words of it: put in only what holds these");
}

}  // namespace cocoon::apps
