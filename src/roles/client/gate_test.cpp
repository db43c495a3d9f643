#include "roles/client/gate.h"

#include <doctest/doctest.h>

using namespace cocoon;
using namespace cocoon::client;

namespace {

int refusal(const Gate& gate, ports::HttpFields fields) {
  const auto error = gate.refuse(
      {.method = "POST", .path = "/", .headers = std::move(fields), .body = ports::body_of({})});
  return error ? error->status : 0;
}

GateSettings with_keys() {
  GateSettings settings;
  settings.port = 10'000;
  settings.api_keys.emplace_back(to_bytes("sk-one"));
  settings.api_keys.emplace_back(to_bytes("sk-two"));
  return settings;
}

}  // namespace

TEST_CASE("only the loopback names, with the endpoint's own port or none, are its host") {
  const Gate gate({.api_keys = {}, .allowed_hosts = {}, .allowed_origins = {}, .port = 10'000});
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:10000", "localhost", "localhost:10000", "[::1]", "[::1]:10000"}) {
    CAPTURE(host);
    CHECK_EQ(refusal(gate, {{"host", host}}), 0);
  }
  for (const char* host : {"evil.example", "127.0.0.1:10001", "localhost.evil.example",
                           "127.0.0.1.evil.example", "", "localhost:", "127.0.0.2"}) {
    CAPTURE(host);
    CHECK_EQ(refusal(gate, {{"host", host}}), 421);
  }
  CHECK_EQ(refusal(gate, {}), 421);
}

TEST_CASE("a port that the system chose is the endpoint's own once it is bound") {
  Gate gate({});
  CHECK_EQ(refusal(gate, {{"host", "127.0.0.1:4711"}}), 421);
  gate.listens_on(4711);
  CHECK_EQ(refusal(gate, {{"host", "127.0.0.1:4711"}}), 0);
}

TEST_CASE("configured hosts take the place of the loopback names") {
  const Gate gate(
      {.api_keys = {}, .allowed_hosts = {"box:1"}, .allowed_origins = {}, .port = 10'000});
  CHECK_EQ(refusal(gate, {{"host", "box:1"}}), 0);
  CHECK_EQ(refusal(gate, {{"host", "localhost"}}), 421);
}

TEST_CASE("no web page may use the endpoint but those that are invited") {
  const Gate gate({.api_keys = {},
                   .allowed_hosts = {},
                   .allowed_origins = {"https://app.example"},
                   .port = 10'000});
  CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"origin", "https://app.example"}}), 0);
  CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"origin", "https://app.example.evil"}}), 403);
  CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"origin", "null"}}), 403);
  CHECK_EQ(refusal(Gate({}), {{"host", "localhost"}, {"origin", "http://localhost"}}), 403);
}

TEST_CASE("what a page fetches without an Origin is refused, what a person opens is not") {
  const Gate gate({.api_keys = {},
                   .allowed_hosts = {},
                   .allowed_origins = {"https://app.example"},
                   .port = 10'000});
  for (const char* site : {"cross-site", "same-site"}) {
    CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"sec-fetch-site", site}}), 403);
  }
  for (const char* site : {"none", "same-origin"}) {
    CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"sec-fetch-site", site}}), 0);
  }
  CHECK_EQ(refusal(gate, {{"host", "localhost"},
                          {"sec-fetch-site", "cross-site"},
                          {"origin", "https://app.example"}}),
           0);
}

TEST_CASE("where keys are configured one of them is asked for, whole") {
  const Gate gate(with_keys());
  CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"authorization", "Bearer sk-one"}}), 0);
  CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"authorization", "Bearer sk-two"}}), 0);
  for (const char* value : {"Bearer sk-three", "Bearer sk-on", "Bearer sk-one ", "Bearer ",
                            "sk-one", "Basic sk-one", "bearer"}) {
    CAPTURE(value);
    CHECK_EQ(refusal(gate, {{"host", "localhost"}, {"authorization", value}}), 401);
  }
  CHECK_EQ(refusal(gate, {{"host", "localhost"}}), 401);
  // A key opens no other gate.
  CHECK_EQ(refusal(gate, {{"host", "evil.example"}, {"authorization", "Bearer sk-one"}}), 421);
}
