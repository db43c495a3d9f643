// Peers that want more than their part.
#include <doctest/doctest.h>

#include <algorithm>

#include "roles/proxy/proxy_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::proxy;
using namespace std::chrono_literals;

namespace {

Task<void> ask(ProxyScene& scene, Bytes envelope, std::uint32_t peer, std::vector<int>& statuses) {
  auto answer =
      co_await scene.http.send({.method = "POST",
                                .path = std::string(wire::kPathRelay),
                                .headers = {{"content-type", std::string(wire::kMediaRequest)}},
                                .body = ports::body_of(std::move(envelope)),
                                .peer = peer},
                               scene.world.clock().in(1min));
  statuses.push_back(answer ? answer->status : 0);
}

}  // namespace

TEST_CASE("no peer takes all the memory that envelopes may have") {
  ProxyScene scene({.limits = {.envelope_bytes_max = 3000, .buffered_bytes_max = 12'000}});
  fakes::StubWorker worker(scene.world, "one");
  worker.infer = fakes::giving({"answer"}, 10s);
  scene.attach(worker);
  std::vector<int> statuses;
  const Bytes envelope = envelope_for(scene, {&worker}, 1500).encode();
  for (int i = 0; i < 6; ++i) scene.world.sim.spawn(ask(scene, envelope, 1, statuses));
  scene.world.sim.settle();
  const std::size_t refused = statuses.size();
  CHECK(refused > 0);
  CHECK(scene.relay.buffered_bytes() > 3000);
  CHECK(scene.relay.buffered_bytes() <= 6000);
  // Another one finds room, for one envelope at least.
  scene.world.sim.spawn(ask(scene, envelope, 2, statuses));
  scene.world.sim.settle();
  CHECK_EQ(statuses.size(), refused);
  scene.world.sim.advance(1min);
  CHECK_EQ(statuses.size(), 7);
  CHECK_EQ(std::ranges::count(statuses, 200), 7 - static_cast<std::ptrdiff_t>(refused));
  CHECK_EQ(scene.relay.buffered_bytes(), 0);
}
