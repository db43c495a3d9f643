#include "apps/cocoon/local_http.h"

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <optional>

#include "apps/cocoon/error.h"
#include "async/race.h"
#include "net/http1_client.h"

namespace cocoon::apps {
namespace {

constexpr std::size_t kReplyBytesMax = 64 * 1024 * 1024;

async::Task<Result<LocalReply>> ask(async::Executor executor, std::uint16_t port,
                                    ports::HttpRequest request, std::chrono::milliseconds timeout) {
  const auto clock = async::make_real_clock();
  const async::Deadline by = clock->in(timeout);
  CO_TRY(const auto client,
         net::LoopbackHttpClient::create(executor, {.host = "127.0.0.1", .port = port}));
  CO_TRY(ports::HttpResponse response, co_await client->send(std::move(request), by));
  CO_TRY(Bytes body, co_await async::with_deadline(
                         *clock, by, ports::read_all(*response.body, kReplyBytesMax)));
  co_return LocalReply{response.status, std::move(response.headers), std::move(body)};
}

async::Task<void> keep(async::Task<Result<LocalReply>> task,
                       std::optional<Result<LocalReply>>& into) {
  into.emplace(co_await std::move(task));
}

}  // namespace

Result<LocalReply> ask_local(std::uint16_t port, std::string method, std::string path,
                             std::string_view body, std::chrono::milliseconds timeout,
                             ports::HttpFields more) {
  boost::asio::io_context loop(1);
  std::optional<Result<LocalReply>> reply;
  ports::HttpRequest request{.method = std::move(method),
                             .path = std::move(path),
                             .headers = {{"host", "127.0.0.1:" + std::to_string(port)},
                                         {"content-type", "application/json"}},
                             .body = ports::body_of(to_bytes(body))};
  for (auto& field : more) request.headers.push_back(std::move(field));
  async::spawn(loop.get_executor(),
               keep(ask(loop.get_executor(), port, std::move(request), timeout), reply),
               [](std::string_view) {});
  loop.run();
  if (!reply) return fail(AppError::kBadAnswer, "the request did not end");
  return std::move(*reply);
}

std::optional<std::uint64_t> metric_in(std::string_view page, std::string_view name) {
  const std::string text = "\n" + std::string(page);
  const auto at = text.find("\n" + std::string(name) + " ");
  if (at == std::string::npos) return std::nullopt;
  // Prometheus writes whole numbers as it does all others, in the shortest way: 1.5e+09, say.
  return static_cast<std::uint64_t>(std::strtod(text.c_str() + at + name.size() + 2, nullptr));
}

}  // namespace cocoon::apps
