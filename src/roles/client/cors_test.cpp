#include "roles/client/cors.h"

#include <doctest/doctest.h>

#include "roles/client/client_scene_test.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;

namespace {

constexpr const char* kPage = "https://app.example";

ClientScene::Options inviting() {
  ClientScene::Options options;
  options.gate.allowed_origins = {kPage};
  options.gate.api_keys.emplace_back(to_bytes("sk-secret"));
  return options;
}

fakes::WholeAnswer send(ClientScene& scene, std::string method, ports::HttpFields fields,
                        std::string_view body = {}, std::string_view host = "127.0.0.1") {
  fields.push_back({"host", std::string(host)});
  return scene.world.sim
      .run(fakes::exchange(scene.app, scene.world.clock(), std::move(method),
                           "/v1/chat/completions", std::move(fields), to_bytes(body)))
      .value();
}

ports::HttpFields preflight(std::string origin) {
  return {{"origin", std::move(origin)},
          {"access-control-request-method", "POST"},
          {"access-control-request-headers", "authorization,content-type"},
          {"access-control-request-private-network", "true"}};
}

}  // namespace

TEST_CASE("an invited page's preflight is answered without a key") {
  ReadyScene scene(inviting());
  const auto answer = send(scene, "OPTIONS", preflight(kPage));
  CHECK_EQ(answer.status, 204);
  CHECK_EQ(answer.header("access-control-allow-origin"), kPage);
  CHECK_EQ(answer.header("access-control-allow-methods"), "GET, POST");
  CHECK_EQ(answer.header("access-control-allow-headers"), "authorization,content-type");
  CHECK_EQ(answer.header("access-control-allow-private-network"), "true");
  CHECK_EQ(answer.header("vary"), "origin");
  CHECK(answer.header("access-control-allow-credentials").empty());
  CHECK(answer.body.empty());
  CHECK(scene.asked.empty());
}

TEST_CASE("an invited page may read answers, streams and refusals alike") {
  ReadyScene scene(inviting());
  const ports::HttpFields with_key{{"origin", kPage},
                                   {"authorization", "Bearer sk-secret"},
                                   {"content-type", "application/json"}};
  const auto stream = send(scene, "POST", with_key, kChat);
  CHECK_EQ(stream.status, 200);
  CHECK_EQ(stream.header("access-control-allow-origin"), kPage);
  CHECK_EQ(stream.header("access-control-expose-headers"),
           "x-cocoon-receipt, x-cocoon-kid, x-cocoon-log, retry-after");
  scene.answer_with(plan_of(fakes::chat_whole("Paris.")));
  CHECK_EQ(send(scene, "POST", with_key, kChatWhole).header("access-control-allow-origin"), kPage);

  const auto without_key =
      send(scene, "POST", {{"origin", kPage}, {"content-type", "application/json"}}, kChat);
  CHECK_EQ(without_key.status, 401);
  CHECK_EQ(without_key.header("access-control-allow-origin"), kPage);
}

TEST_CASE("nobody else gets a word of CORS") {
  ReadyScene scene(inviting());
  const auto stranger = send(scene, "OPTIONS", preflight("https://evil.example"));
  CHECK_EQ(stranger.status, 403);
  // DNS rebinding: the page's own name, made to point here.
  const auto rebound = send(scene, "OPTIONS", preflight(kPage), {}, "evil.example");
  CHECK_EQ(rebound.status, 421);
  const auto app =
      send(scene, "POST",
           {{"authorization", "Bearer sk-secret"}, {"content-type", "application/json"}}, kChat);
  CHECK_EQ(app.status, 200);
  for (const auto* answer : {&stranger, &rebound, &app}) {
    CHECK(answer->header("access-control-allow-origin").empty());
    CHECK(answer->header("access-control-allow-methods").empty());
  }
}

TEST_CASE("without an Origin, OPTIONS is a method like others that the endpoint does not have") {
  ReadyScene scene(inviting());
  const auto answer =
      send(scene, "OPTIONS",
           {{"access-control-request-method", "POST"}, {"authorization", "Bearer sk-secret"}});
  CHECK_EQ(answer.status, 405);
}
