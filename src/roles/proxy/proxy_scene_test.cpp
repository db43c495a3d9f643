#include "roles/proxy/proxy_scene_test.h"

#include <doctest/doctest.h>

#include "wire/protocol.h"

namespace cocoon::proxy {

ProxyScene::ProxyScene(Options options)
    : pool(options.workers_max, {.registry = world.registry,
                                 .chain = world.chain,
                                 .floors = floors,
                                 .metrics = metrics,
                                 .clock = world.clock(),
                                 .log = world.log.logger()}),
      bills(options.bills_max),
      relay(options.limits, {.pool = pool,
                             .bills = bills,
                             .receipts = receipts,
                             .metrics = metrics,
                             .clock = world.clock(),
                             .log = world.log.logger()}),
      service(pool, bills, receipts, relay),
      http(world.sim, service, options.http) {}

std::shared_ptr<fakes::MemoryWorkerLink> ProxyScene::attach(fakes::StubWorker& worker) {
  auto link = worker.new_link();
  attach(link);
  return link;
}

void ProxyScene::attach(std::shared_ptr<fakes::MemoryWorkerLink> link) {
  pool.attach(world.sim.executor(), std::move(link));
  world.sim.settle();
}

fakes::WholeAnswer ProxyScene::get(std::string path) {
  auto answer = world.sim.run(fakes::exchange(http, world.clock(), "GET", std::move(path), {}, {}));
  REQUIRE(answer.has_value());
  return std::move(*answer);
}

std::vector<Kid> ProxyScene::listed() {
  const auto directory = wire::Directory::decode(get(std::string(wire::kPathDirectory)).body);
  REQUIRE(directory.has_value());
  std::vector<Kid> kids;
  for (const wire::DirectoryEntry& entry : directory->entries) kids.push_back(entry.kid);
  return kids;
}

Bytes Envelope::encode() const {
  Bytes all = sealed::encode_relay_head(head);
  append(all, body);
  return all;
}

Envelope envelope_for(ProxyScene& scene, const std::vector<const fakes::StubWorker*>& candidates,
                      std::size_t body_bytes) {
  fakes::SeededRandom& random = scene.world.random;
  Envelope envelope;
  sealed::RequestHeader& header = envelope.head.header;
  header.candidate_count = static_cast<std::uint8_t>(candidates.size());
  header.request_id = RequestId(random.array<16>());
  header.expires = UnixSeconds(tdxsim::kFixtureNow.value() + 120);
  header.max_output_tokens = 100;
  header.model_hash = scene.world.model;
  header.cek_commitment = sealed::CekCommitment(random.array<32>());
  for (const fakes::StubWorker* worker : candidates) {
    Bytes wrap(sealed::kHpkeWrapSize);
    random.fill(wrap);
    envelope.head.recipients.push_back(
        {.kid = worker->kid(), .terms_hash = {}, .mode = {}, .data = std::move(wrap)});
  }
  envelope.body.resize(body_bytes);
  random.fill(envelope.body);
  return envelope;
}

Task<Result<ports::HttpResponse>> open(ProxyScene& scene, Bytes envelope) {
  return scene.http.send({.method = "POST",
                          .path = std::string(wire::kPathRelay),
                          .headers = {{"content-type", std::string(wire::kMediaRequest)}},
                          .body = ports::body_of(std::move(envelope))},
                         scene.world.clock().in(std::chrono::minutes(30)));
}

Result<fakes::WholeAnswer> post(ProxyScene& scene, Bytes envelope) {
  return scene.world.sim.run(
      fakes::exchange(scene.http, scene.world.clock(), "POST", std::string(wire::kPathRelay),
                      {{"content-type", std::string(wire::kMediaRequest)}}, std::move(envelope)));
}

Result<fakes::WholeAnswer> post(ProxyScene& scene,
                                const std::vector<const fakes::StubWorker*>& candidates) {
  return post(scene, envelope_for(scene, candidates).encode());
}

}  // namespace cocoon::proxy
