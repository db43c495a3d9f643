#include <doctest/doctest.h>

#include <boost/asio.hpp>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "admin/admin_handler.h"

using namespace cocoon;
using namespace cocoon::admin;
using ports::Counter;
using ports::Gauge;
using ports::Timing;

namespace {

class RecordingWriter final : public ports::ResponseWriter {
 public:
  Status head(int status, ports::HttpFields headers) override {
    status_ = status;
    headers_ = std::move(headers);
    return {};
  }
  ports::Task<Status> write(Bytes chunk) override {
    body_ += as_text(chunk);
    co_return Status{};
  }
  ports::Task<Status> finish(ports::HttpFields) override {
    finished_ = true;
    co_return Status{};
  }
  void abort() override {}
  ports::Task<void> wait_closed() override { co_return; }

  int status_ = 0;
  ports::HttpFields headers_;
  std::string body_;
  bool finished_ = false;
};

void ask(AdminHandler& handler, RecordingWriter& writer, std::string method, std::string path,
         ports::HttpFields headers) {
  boost::asio::io_context loop;
  ports::HttpRequest request{std::move(method), std::move(path), std::move(headers),
                             ports::body_of({})};
  async::spawn(loop.get_executor(), handler.handle(std::move(request), writer),
               [](std::string_view what) { FAIL("crashed: " << what); });
  loop.run();
  REQUIRE(writer.finished_);
}

Health serving() { return {Health::State::kServing, ""}; }

const ports::HttpFields kLocal{{"host", "127.0.0.1:10001"}};

// The samples of a text exposition: "name{labels}" without histogram suffixes' rows.
std::set<std::string> names_in(const std::string& exposition) {
  std::set<std::string> names;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) continue;
    std::string name = line.substr(0, line.rfind(' '));
    if (name.find("_bucket{") != std::string::npos || name.ends_with("_sum")) continue;
    if (name.ends_with("_seconds_count")) name.resize(name.size() - std::string("_count").size());
    names.insert(name);
  }
  return names;
}

std::set<std::string> names_in_documentation() {
  std::ifstream file("docs/metrics.md");
  REQUIRE(file.is_open());
  std::set<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `cocoon_")) continue;
    const std::size_t begin = line.find('`') + 1;
    const bool added = names.insert(line.substr(begin, line.find('`', begin) - begin)).second;
    CHECK_MESSAGE(added, "listed twice: " << line);
  }
  return names;
}

}  // namespace

TEST_CASE("every metric is there from the start, and docs/metrics.md lists exactly these") {
  const PrometheusMetrics metrics;
  const std::set<std::string> names = names_in(metrics.text());
  CHECK(names.size() == 44);
  CHECK(names == names_in_documentation());
}

TEST_CASE("counters, gauges and timings show what they were given") {
  PrometheusMetrics metrics;
  metrics.increment(Counter::kRequestsOk);
  metrics.increment(Counter::kRequestsOk);
  metrics.add(Counter::kOutputTokens, 1234);
  metrics.set(Gauge::kWorkersAttached, 3);
  metrics.set(Gauge::kWorkersAttached, 2);
  metrics.observe_seconds(Timing::kFirstFrame, 0.02);
  const std::string text = metrics.text();
  CHECK(text.find("cocoon_requests_total{outcome=\"ok\"} 2\n") != std::string::npos);
  CHECK(text.find("cocoon_requests_total{outcome=\"failed\"} 0\n") != std::string::npos);
  CHECK(text.find("cocoon_output_tokens_total 1234\n") != std::string::npos);
  CHECK(text.find("cocoon_workers_attached 2\n") != std::string::npos);
  CHECK(text.find("cocoon_first_frame_seconds_count 1\n") != std::string::npos);
  CHECK(text.find("cocoon_first_frame_seconds_bucket{le=\"0.01\"} 0\n") != std::string::npos);
  CHECK(text.find("cocoon_first_frame_seconds_bucket{le=\"0.025\"} 1\n") != std::string::npos);
}

TEST_CASE("serves metrics in the text format") {
  PrometheusMetrics metrics;
  AdminHandler handler(metrics, serving);
  RecordingWriter writer;
  ask(handler, writer, "GET", "/metrics?x=1", kLocal);
  CHECK(writer.status_ == 200);
  CHECK(ports::find_field(writer.headers_, "content-type") ==
        "text/plain; version=0.0.4; charset=utf-8");
  CHECK(writer.body_ == metrics.text());
}

TEST_CASE("health is 200 while the role serves and 503 with its reason while it does not") {
  const PrometheusMetrics metrics;
  Health health{Health::State::kNotServing, "no worker attached"};
  AdminHandler handler(metrics, [&] { return health; });
  RecordingWriter down;
  ask(handler, down, "GET", "/healthz", kLocal);
  CHECK(down.status_ == 503);
  CHECK(down.body_ == "{\"status\":\"not_serving\",\"reason\":\"no worker attached\"}\n");
  health = serving();
  RecordingWriter up;
  ask(handler, up, "GET", "/healthz", {{"host", "[::1]:10001"}});
  CHECK(up.status_ == 200);
  CHECK(up.body_ == "{\"status\":\"serving\"}\n");
}

TEST_CASE("other paths and methods are refused") {
  const PrometheusMetrics metrics;
  AdminHandler handler(metrics, serving);
  RecordingWriter other;
  ask(handler, other, "GET", "/metrics/more", kLocal);
  CHECK(other.status_ == 404);
  RecordingWriter post;
  ask(handler, post, "POST", "/healthz", kLocal);
  CHECK(post.status_ == 405);
  CHECK(ports::find_field(post.headers_, "allow") == "GET");
}

TEST_CASE("what may be a web page is refused") {
  const PrometheusMetrics metrics;
  AdminHandler handler(metrics, serving);
  for (const ports::HttpFields& headers :
       {ports::HttpFields{{"host", "127.0.0.1:10001"}, {"origin", "https://page.example"}},
        ports::HttpFields{{"host", "127.0.0.1:10001"}, {"sec-fetch-site", "cross-site"}},
        ports::HttpFields{{"host", "page.example:10001"}},
        ports::HttpFields{{"host", "127.0.0.1.page.example"}}, ports::HttpFields{}}) {
    RecordingWriter writer;
    ask(handler, writer, "GET", "/metrics", headers);
    CHECK(writer.status_ == 403);
    CHECK(writer.body_.find("cocoon_") == std::string::npos);
  }
}
