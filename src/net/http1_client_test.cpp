#include "net/http1_client.h"

#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "net/net_test_support.h"

using namespace cocoon;
using namespace cocoon::net;
using namespace cocoon::net::testing;
using ports::HttpError;

namespace {

auto into(boost::system::error_code& error) {
  return boost::asio::redirect_error(boost::asio::use_awaitable, error);
}

// An engine that says these bytes, with a pause at each '|', to whoever connects, and counts who
// hung up.
struct Script {
  std::string path =
      (std::filesystem::temp_directory_path() / ("cocoon-net-" + std::to_string(::getpid())))
          .string();
  boost::asio::io_context loop;
  async::Executor executor = loop.get_executor();
  boost::asio::local::stream_protocol::acceptor acceptor{loop};
  std::string heard;
  bool hung_up = false;
  bool finished = false;

  Task<void> play(std::string script) {
    boost::system::error_code error;
    auto socket = co_await acceptor.async_accept(into(error));
    if (error) co_return;
    heard.clear();
    co_await boost::asio::async_read_until(socket, boost::asio::dynamic_buffer(heard), "\r\n\r\n",
                                           into(error));
    while (!error && !script.empty()) {
      const std::string part = script.substr(0, script.find('|'));
      script.erase(0, part.size() + 1);
      co_await boost::asio::async_write(socket, boost::asio::buffer(part), into(error));
      co_await pause(10ms);
    }
    char more = 0;
    socket.shutdown(socket.shutdown_send, error);
    co_await socket.async_read_some(boost::asio::buffer(&more, 1), into(error));
    hung_up = static_cast<bool>(error);
  }

  Task<void> run_to_end(std::function<Task<void>(Script&)> body) {
    co_await body(*this);
    finished = true;
  }

  void run(const std::string& script, std::function<Task<void>(Script&)> body) {
    std::filesystem::remove(path);
    acceptor.open();
    acceptor.bind({path});
    acceptor.listen();
    async::spawn(executor, play(script),
                 [](std::string_view what) { FAIL_CHECK(std::string(what)); });
    async::spawn(executor, run_to_end(std::move(body)),
                 [](std::string_view what) { FAIL_CHECK(std::string(what)); });
    loop.run_for(10s);
    CHECK(finished);
    std::filesystem::remove(path);
  }
};

}  // namespace

TEST_CASE("an engine's chunked answer is read chunk by chunk, whatever the case of its fields") {
  Script script;
  script.run(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nCONTENT-TYPE: "
      "text/event-stream\r\nTransfer-Encoding: "
      "chunked\r\n\r\n|5\r\nfirst\r\n|6\r\nse|cond\r\n|0\r\n\r\n",
      [](Script& engine) -> Task<void> {
        UnixHttpClient client(engine.executor, engine.path);
        auto answer = co_await client.send(post("/v1/chat/completions", to_bytes("{}")), in(5s));
        CHECK_EQ(ports::find_field(answer.value().headers, "content-type"), "text/event-stream");
        std::vector<std::string> chunks;
        for (;;) {
          const auto chunk = co_await answer->body->read();
          REQUIRE(chunk.has_value());
          if (chunk->empty()) break;
          chunks.emplace_back(as_text(*chunk));
        }
        CHECK_EQ(chunks, std::vector<std::string>{"first", "se", "cond"});
        CHECK(engine.heard.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
        CHECK(engine.heard.find("content-length: 2\r\n") != std::string::npos);
      });
}

TEST_CASE("an engine's answer may announce its length in capitals, or end with the connection") {
  for (const char* head : {"CONTENT-LENGTH: 8\r\n", ""}) {
    Script script;
    script.run("HTTP/1.1 200 OK\r\n" + std::string(head) + "\r\nfour|more",
               [](Script& engine) -> Task<void> {
                 UnixHttpClient client(engine.executor, engine.path);
                 auto answer = co_await client.send(get("/"), in(5s));
                 CHECK_EQ(as_text((co_await ports::read_all(*answer.value().body, 100)).value()),
                          "fourmore");
               });
  }
}

TEST_CASE("an engine's answer that breaks off is broken, not short") {
  for (const char* text : {"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfour",
                           "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n"}) {
    Script script;
    script.run(text, [](Script& engine) -> Task<void> {
      UnixHttpClient client(engine.executor, engine.path);
      auto answer = co_await client.send(get("/"), in(5s));
      CHECK((co_await ports::read_all(*answer.value().body, 100)).error().is(HttpError::kBroken));
    });
  }
}

TEST_CASE("dropping an engine's answer hangs up") {
  Script script;
  script.run("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n",
             [](Script& engine) -> Task<void> {
               UnixHttpClient client(engine.executor, engine.path);
               {
                 auto answer = co_await client.send(get("/"), in(5s));
                 (void)co_await answer.value().body->read();
               }
               for (int i = 0; i < 1000 && !engine.hung_up; ++i) co_await pause(1ms);
               CHECK(engine.hung_up);
             });
}

TEST_CASE("an answer read to its end leaves the connection to the next request") {
  Script script;
  script.run(
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none|||HTTP/1.1 200 OK\r\ncontent-length: "
      "3\r\n\r\ntwo",
      [](Script& engine) -> Task<void> {
        UnixHttpClient client(engine.executor, engine.path);
        // The engine takes one connection only and says its second answer on the same.
        for (const char* text : {"one", "two"}) {
          auto answer = co_await client.send(get("/"), in(5s));
          CHECK_EQ(as_text((co_await ports::read_all(*answer.value().body, 100)).value()), text);
        }
      });
}

TEST_CASE(
    "a connection that the engine closes, or says more on than it should, is not used again") {
  for (const char* end :
       {"connection: close\r\ncontent-length: 3\r\n\r\none", "content-length: 3\r\n\r\none",
        "content-length: 3\r\n\r\noneHTTP/1.1 500"}) {
    CAPTURE(end);
    Script script;
    script.run("HTTP/1.1 200 OK\r\n" + std::string(end), [](Script& engine) -> Task<void> {
      UnixHttpClient client(engine.executor, engine.path);
      auto answer = co_await client.send(get("/"), in(5s));
      CHECK_EQ(as_text((co_await ports::read_all(*answer.value().body, 100)).value()), "one");
      co_await pause(50ms);
      // A new connection, which nobody takes any more.
      CHECK((co_await client.send(get("/"), in(50ms))).error().is(async::AsyncError::kTimeout));
    });
  }
}

TEST_CASE("an engine that does not listen, does not answer or does not speak HTTP is told apart") {
  Script mute;
  mute.run("|||||||||||||||||||||||", [](Script& engine) -> Task<void> {
    UnixHttpClient client(engine.executor, engine.path);
    CHECK((co_await client.send(get("/"), in(50ms))).error().is(async::AsyncError::kTimeout));
    UnixHttpClient nobody(engine.executor, engine.path + "-nobody");
    CHECK((co_await nobody.send(get("/"), in(5s))).error().is(HttpError::kUnreachable));
    UnixHttpClient long_path(engine.executor, "/" + std::string(200, 'a'));
    CHECK((co_await long_path.send(get("/"), in(5s))).error().is(HttpError::kUnreachable));
    ports::HttpRequest split = get("/\r\nx: y");
    CHECK((co_await client.send(std::move(split), in(5s))).error().is(HttpError::kProtocol));
  });
  Script garbage;
  garbage.run("SSH-2.0-x\r\n\r\n", [](Script& engine) -> Task<void> {
    UnixHttpClient client(engine.executor, engine.path);
    CHECK((co_await client.send(get("/"), in(5s))).error().is(HttpError::kProtocol));
  });
}

TEST_CASE("the client without TLS refuses hosts that are not this machine") {
  boost::asio::io_context loop;
  for (const char* host : {"192.0.2.1", "example.org", "::2"}) {
    CHECK_FALSE(LoopbackHttpClient::create(loop.get_executor(), {host, 80}).has_value());
  }
  CHECK(LoopbackHttpClient::create(loop.get_executor(), {"localhost", 80}).has_value());
  CHECK(LoopbackHttpClient::create(loop.get_executor(), {"::1", 80}).has_value());
}
