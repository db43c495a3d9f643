#include "apps/cocoon/light.h"

#include <boost/asio/io_context.hpp>
#include <optional>

#include "apps/cocoon/error.h"
#include "apps/cocoon/up.h"
#include "apps/common/role_program.h"
#include "async/offload.h"
#include "files/small_files.h"
#include "net/os_random.h"

namespace cocoon::apps {
namespace {

// Beside the devnet's state, one file for each trusted block.
std::filesystem::path default_anchor(const ton::BlockId& trusted) {
  return default_state().parent_path() / "ton" / (trusted.root_hash.hex().substr(0, 16) + ".json");
}

Result<chain::LightClientSettings> settle(const LightOptions& options) {
  TRY(const Bytes text, files::read_file(options.config, chain::kGlobalConfigBytesMax));
  chain::LightClientSettings settings;
  TRY(settings.network, chain::parse_global_config(as_text(text)));
  settings.network_id = options.network;
  settings.age_max = std::chrono::seconds(options.age_max_s);
  if (options.anchor == "none") return settings;
  settings.anchor_file = options.anchor.empty() ? default_anchor(settings.network.trusted)
                                                : std::filesystem::path(options.anchor);
  std::error_code ignored;
  std::filesystem::create_directories(settings.anchor_file.parent_path(), ignored);
  return settings;
}

async::Task<void> run_job(const LightJob& job, chain::LightClient& client, async::Deadline deadline,
                          std::optional<Result<codec::Json>>& result) {
  result = co_await job(client, deadline);
}

codec::Json json_of_refusals(const chain::LightClient& client) {
  codec::Json::Array list;
  for (const chain::RefusedAnswer& refused : client.refusals()) {
    list.push_back(codec::Json::object({{"server", codec::Json::string(refused.server)},
                                        {"reason", codec::Json::string(refused.reason)}}));
  }
  return codec::Json::array(std::move(list));
}

int print(const Result<codec::Json>& result, const chain::LightClient& client,
          const Terminal& terminal, const LightView& view) {
  codec::Json json =
      result ? *result
             : codec::Json::object({{"ok", codec::Json::boolean(false)},
                                    {"error", codec::Json::string(result.error().message())}});
  json.set("refused", json_of_refusals(client));
  if (terminal.is_json()) {
    terminal.json(codec::write_json(json));
    return result ? kExitOk : kExitFailed;
  }
  for (const chain::RefusedAnswer& refused : client.refusals())
    terminal.note(refused.server + ": " + refused.reason);
  if (!result) return report(terminal, result.error());
  if (view) {
    view(json);
    return kExitOk;
  }
  for (const auto& [name, value] : *json.as_object()) {
    if (name == "refused" || name == "ok" || value.is_null()) continue;
    terminal.fact(name,
                  value.as_string() != nullptr ? *value.as_string() : codec::write_json(value));
  }
  return kExitOk;
}

}  // namespace

void add_light_options(CLI::App& app, LightOptions& options) {
  app.add_option("--config", options.config, "the network's global.config.json")->required();
  app.add_option(
      "--anchor", options.anchor,
      "file that keeps the proven key blocks; `none` for none, else one below the state folder");
  app.add_option("--max-age", options.age_max_s, "how old the newest block may be, in seconds")
      ->capture_default_str();
  app.add_option("--timeout", options.timeout_s, "how long to try, in seconds")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
}

namespace {

using AfterJob = std::function<int(const Result<codec::Json>& result, const chain::LightClient&)>;

// Runs the job to its end; `after` sees what it gave while there still is a client.
Result<int> run_client(const LightOptions& options, const LightJob& job, const AfterJob& after) {
  auto settings = settle(options);
  if (!settings) return fail(AppError::kBadInput, settings.error().message());
  boost::asio::io_context loop(1);
  const auto clock = async::make_real_clock();
  net::OsRandom random;
  const async::WorkerThread checks;
  auto client = chain::LightClient::open(loop.get_executor(), checks.executor(), *clock, random,
                                         *std::move(settings));
  if (!client) return fail(AppError::kBadInput, client.error().message());
  std::optional<Result<codec::Json>> result;
  async::spawn(loop.get_executor(),
               run_job(job, **client, clock->in(std::chrono::seconds(options.timeout_s)), result),
               [&](std::string_view) { loop.stop(); });
  while (!result && loop.run_one() > 0) {
  }
  if (!result) return fail(AppError::kChildFailed, "the light client broke off");
  return after(*result, **client);
}

}  // namespace

int run_light(const LightOptions& options, const LightJob& job, const Terminal& terminal,
              const LightView& view) {
  const auto status = run_client(
      options, job, [&](const Result<codec::Json>& result, const chain::LightClient& client) {
        return print(result, client, terminal, view);
      });
  return status ? *status : report(terminal, status.error());
}

Result<codec::Json> ask_light(const LightOptions& options, const LightJob& job) {
  Result<codec::Json> answer = codec::Json();
  TRY_VOID(
      run_client(options, job, [&](const Result<codec::Json>& result, const chain::LightClient&) {
        answer = result;
        return 0;
      }));
  return answer;
}

codec::Json json_of(const chain::ProvenBlock& block) {
  return codec::Json::object(
      {{"seqno", codec::Json::number(std::uint64_t{block.id.seqno})},
       {"root_hash", codec::Json::string(block.id.root_hash.hex())},
       {"file_hash", codec::Json::string(block.id.file_hash.hex())},
       {"gen_utime", codec::Json::number(std::uint64_t{block.generated_at.value()})},
       {"key_block", codec::Json::boolean(block.is_key_block)}});
}

}  // namespace cocoon::apps
