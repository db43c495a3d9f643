// Against a client that others wrote. Skipped, and said so, where it is not installed.
#include <cstdio>
#include <future>
#include <thread>

#include "net/local_server.h"
#include "net/net_test_support.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): Routes, run_to_end() and
// serve() keep the closure for as long as its coroutine runs.
using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;

namespace {

std::string output_of(const std::string& command) {
  std::string out;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  char buffer[4096];
  while (const std::size_t length = std::fread(buffer, 1, sizeof(buffer), pipe))
    out.append(buffer, length);
  ::pclose(pipe);
  return out;
}

// Runs the command beside the loop.
Task<std::string> shell(std::string command) {
  auto result = std::async(std::launch::async, output_of, std::move(command));
  while (result.wait_for(0s) != std::future_status::ready) co_await pause(5ms);
  co_return result.get();
}

bool curl_speaks_http2() {
  return output_of("curl --version 2>/dev/null").find("HTTP2") != std::string::npos;
}

}  // namespace

TEST_CASE("curl talks HTTP/2 to the listener") {
  if (!curl_speaks_http2()) {
    MESSAGE("skipped: no curl with HTTP/2 here");
    return;
  }
  World world;
  world.run([](World& net) -> Task<void> {
    const std::string url = "https://" + net.listener->local().text();
    const std::string curl = "curl -sk --http2 --max-time 20 ";
    CHECK_EQ(co_await shell(curl + "-w '|%{http_version}|%{http_code}' -d hello " + url + "/echo"),
             "hello|2|200");
    CHECK_EQ(co_await shell(curl + "-o /dev/null -w '%{http_code}' " + url + "/nowhere"), "404");
    // 3 MB up and down again, over many windows.
    CHECK_EQ(co_await shell("head -c 3000000 /dev/zero | " + curl + "--data-binary @- " + url +
                            "/echo | tr -d '\\0' | wc -c; head -c 3000000 /dev/zero | " + curl +
                            "--data-binary @- " + url + "/echo | wc -c"),
             "0\n3000000\n");
    CHECK_EQ(co_await shell(curl + "--tls-max 1.2 -w '%{http_code}' " + url + "/echo"), "000");
  });
}

TEST_CASE("curl talks HTTP/1.1 to the local server") {
  if (!curl_speaks_http2()) {
    MESSAGE("skipped: no curl here");
    return;
  }
  World world;
  LocalServerOptions options;
  options.body_bytes_max = 4'000'000;
  const auto server = LocalServer::open(world.executor, options, world.routes).value();
  world.run([&server](World&) -> Task<void> {
    const std::string url = "http://" + server->local().text();
    const std::string curl = "curl -s --max-time 20 ";
    CHECK_EQ(co_await shell(curl + "-w '|%{http_version}|%{http_code}' -d hello " + url + "/echo"),
             "hello|1.1|200");
    // Two requests on one connection.
    CHECK_EQ(co_await shell(curl + "-d a -w '%{num_connects}' " + url +
                            "/echo --next -s -d b -w '%{num_connects}' " + url + "/echo"),
             "a1b0");
    // curl asks before it sends a body of this size.
    CHECK_EQ(co_await shell("head -c 3000000 /dev/zero | " + curl +
                            "-H 'Expect: 100-continue' --data-binary @- " + url + "/echo | wc -c"),
             "3000000\n");
    CHECK_EQ(co_await shell(
                 "head -c 5000000 /dev/zero | " + curl +
                 "-H 'Transfer-Encoding: chunked' -H 'Expect:' -o /dev/null -w '%{http_code}' "
                 "--data-binary @- " +
                 url + "/echo"),
             "413");
    server->stop();
  });
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
