// Proxies that take a request and then say nothing.
#include <doctest/doctest.h>

#include "roles/client/client_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using fakes::StubProxy;
using fakes::StubWorker;

namespace {

// In front of a proxy: lets nothing through while it is silent.
struct Hush final : ports::HttpHandler {
  Hush(StubProxy& of, std::string_view from) : proxy(of), path(from) {
    proxy.world.network.listen(proxy.place, *this);
  }
  Task<void> handle(ports::HttpRequest request, ports::ResponseWriter& response) override {
    if (is_silent && request.path.starts_with(path)) {
      ++swallowed;
      co_await response.wait_closed();
    } else {
      co_await proxy.handle(std::move(request), response);
    }
  }
  StubProxy& proxy;
  std::string_view path;  // what it is silent about
  bool is_silent = false;
  int swallowed = 0;
};

async::Duration time_to_answer(ClientScene& scene) {
  const async::TimePoint since = scene.world.clock().now();
  const auto answer = post(scene, kChat);
  CHECK_EQ(answer.value().status, 200);
  CHECK(answer->text().ends_with("data: [DONE]\n\n"));
  return scene.world.clock().now() - since;
}

}  // namespace

TEST_CASE("a proxy that takes a request and falls silent costs seconds") {
  ClientScene scene;
  StubWorker& worker = scene.new_worker("one");
  StubProxy bad(scene.world, "bad", 11'000, {&worker});
  StubProxy good(scene.world, "good", 11'001, {&worker});
  Hush hush(bad, "/");
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  scene.world.sim.advance(3s);
  for (int i = 0; i < 12; ++i) {
    hush.is_silent = true;
    CHECK(time_to_answer(scene) < 10s);
    hush.is_silent = false;
    scene.world.sim.advance(10s);
  }
  CHECK(hush.swallowed > 0);
  CHECK(bad.relays + good.relays >= 12);
}

TEST_CASE(
    "a proxy that swallows requests and answers all else is the last choice after the first") {
  EndpointSettings settings;
  settings.exchange.head_by = 20s;
  ClientScene scene({.endpoint = settings});
  StubWorker& worker = scene.new_worker("one");
  StubProxy bad(scene.world, "bad", 11'000, {&worker});
  StubProxy good(scene.world, "good", 11'001, {&worker});
  Hush hush(bad, wire::kPathRelay);
  hush.is_silent = true;
  scene.world.sim.spawn(scene.fleet.keep_fresh());
  scene.world.sim.advance(3s);
  for (int i = 0; i < 20; ++i) (void)time_to_answer(scene);
  CHECK_EQ(hush.swallowed, 1);
  // Without another one it gets its chance.
  scene.world.network.unplug(good.place);
  scene.world.sim.advance(3s);
  hush.is_silent = false;
  (void)time_to_answer(scene);
}
