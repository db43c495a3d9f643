#include "admin/admin_handler.h"

#include <string_view>

#include "codec/json.h"

namespace cocoon::admin {

using codec::Json;

namespace {

struct Answer {
  int status = 0;
  std::string_view content_type;
  std::string body;
};

// "127.0.0.1:10001" -> "127.0.0.1"; "[::1]:10001" -> "[::1]".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  const std::size_t bracket = host.rfind(']');
  if (colon == std::string_view::npos) return host;
  if (bracket != std::string_view::npos && bracket > colon) return host;
  return host.substr(0, colon);
}

// A web page reaches a loopback server with an Origin of its own or, for pictures and scripts, with
// Sec-Fetch-Site, or under a host name of its own that it made resolve to loopback.
bool may_come_from_a_web_page(const ports::HttpFields& headers) {
  const std::string_view host = without_port(ports::find_field(headers, "host"));
  const bool is_loopback = host == "127.0.0.1" || host == "localhost" || host == "[::1]";
  const std::string_view site = ports::find_field(headers, "sec-fetch-site");
  return !is_loopback || !ports::find_field(headers, "origin").empty() || site == "cross-site" ||
         site == "same-site";
}

Answer json_answer(int status, Json::Object members) {
  return {status, "application/json", codec::write_json(Json::object(std::move(members))) + "\n"};
}

Answer refusal(int status, std::string_view reason) {
  return json_answer(status, {{"error", Json::string(reason)}});
}

Answer health_answer(const Health& health) {
  switch (health.state) {
    case Health::State::kServing:
      return json_answer(200, {{"status", Json::string("serving")}});
    case Health::State::kNotServing:
      break;
  }
  return json_answer(
      503, {{"status", Json::string("not_serving")}, {"reason", Json::string(health.reason)}});
}

}  // namespace

ports::Task<void> AdminHandler::handle(ports::HttpRequest request,
                                       ports::ResponseWriter& response) {
  const std::string_view path =
      std::string_view(request.path).substr(0, std::string_view(request.path).find('?'));
  Answer answer;
  if (may_come_from_a_web_page(request.headers)) {
    answer = refusal(403, "not for web pages");
  } else if (path != "/metrics" && path != "/healthz") {
    answer = refusal(404, "there are /metrics and /healthz");
  } else if (request.method != "GET") {
    answer = refusal(405, "only GET");
  } else if (path == "/metrics") {
    answer = {200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text()};
  } else {
    answer = health_answer(health_());
  }
  ports::HttpFields headers{{"content-type", std::string(answer.content_type)},
                            {"cache-control", "no-store"}};
  if (answer.status == 405) headers.push_back({"allow", "GET"});
  // A peer that went away needs no answer.
  (void)co_await ports::respond(response, answer.status, std::move(headers), to_bytes(answer.body));
}

}  // namespace cocoon::admin
