#include "roles/proxy/relay.h"

#include <doctest/doctest.h>

#include "roles/proxy/proxy_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::proxy;
using namespace std::chrono_literals;
using fakes::giving;
using fakes::refusing;
using fakes::StubWorker;
using ports::Counter;
using ports::HttpError;

namespace {

// Two workers that are attached, the first of which is the one to be asked first.
struct Pair {
  explicit Pair(ProxyScene::Options options = {})
      : scene(options), first(scene.world, "first"), second(scene.world, "second") {
    second.load.occupied = 2;
    first_link = scene.attach(first);
    second_link = scene.attach(second);
  }
  ~Pair() { scene.world.sim.end(); }

  [[nodiscard]] std::vector<const StubWorker*> both() const { return {&first, &second}; }

  ProxyScene scene;
  StubWorker first;
  StubWorker second;
  std::shared_ptr<fakes::MemoryWorkerLink> first_link;
  std::shared_ptr<fakes::MemoryWorkerLink> second_link;
};

Task<void> break_off(ports::ResponseWriter& response, std::string before) {
  CHECK(response.head(200, {}).has_value());
  if (!before.empty()) CHECK((co_await response.write(to_bytes(before))).has_value());
  response.abort();
}
StubWorker::Infer breaking_off_after(const std::string& before) {
  return [before](StubWorker&, ports::HttpRequest, ports::ResponseWriter& response) {
    return break_off(response, before);
  };
}
Task<void> hang(ports::ResponseWriter& response, bool& saw_reset) {
  co_await response.wait_closed();
  saw_reset = true;
}

void check_answered_by(const Result<fakes::WholeAnswer>& answer, const StubWorker& worker) {
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 200);
  CHECK_EQ(answer->header(wire::kHeaderKid), worker.kid().hex());
  CHECK_EQ(answer->header("content-type"), wire::kMediaResponse);
  CHECK_EQ(answer->text(), StubWorker::kAnswer);
}

}  // namespace

TEST_CASE(
    "a worker gets the header as it was, its own wrap alone, the body, and an empty voucher") {
  Pair test;
  Bytes received;
  ports::HttpFields fields;
  const auto keep = [](ports::HttpRequest request, ports::ResponseWriter& response, Bytes& body,
                       ports::HttpFields& headers) -> Task<void> {
    headers = request.headers;
    auto all = co_await ports::read_all(*request.body, 1'000'000);
    body = std::move(all.value());
    (void)co_await ports::respond(response, 200, {}, to_bytes(StubWorker::kAnswer));
  };
  test.second.infer = [&](StubWorker&, ports::HttpRequest request,
                          ports::ResponseWriter& response) {
    return keep(std::move(request), response, received, fields);
  };
  test.first.load.intake = wire::LoadReport::Intake::kClosed;
  test.scene.world.sim.advance(1100ms);

  const Envelope envelope = envelope_for(test.scene, test.both(), 100'000);
  check_answered_by(post(test.scene, envelope.encode()), test.second);
  Bytes expected = sealed::encode_infer_head(envelope.head.header, envelope.head.recipients[1]);
  append(expected, envelope.body);
  CHECK(equal(received, expected));
  CHECK_EQ(ports::find_field(fields, "content-type"), wire::kMediaInfer);
  CHECK_EQ(ports::find_field(fields, wire::kHeaderVoucher), "");
  CHECK_EQ(test.scene.metrics.count(Counter::kRequestsOk), 1);
  CHECK_EQ(test.scene.metrics.count(Counter::kRelayRetries), 0);
  CHECK_EQ(test.scene.metrics.count(Counter::kBytesRelayed),
           expected.size() + StubWorker::kAnswer.size());
}

TEST_CASE("the least loaded candidate is asked, whatever the order of the wraps") {
  Pair test;
  check_answered_by(post(test.scene, test.both()), test.first);
  check_answered_by(post(test.scene, std::vector<const StubWorker*>{&test.second, &test.first}),
                    test.first);
  check_answered_by(post(test.scene, {&test.second}), test.second);
  CHECK_EQ(test.first.infers, 2);
}

TEST_CASE("load is compared by share of places, not by number of requests") {
  Pair test;
  test.first.load.occupied = 3;  // of 4
  test.second.load.places = 100;
  test.second.load.occupied = 50;
  test.scene.world.sim.advance(1100ms);
  check_answered_by(post(test.scene, test.both()), test.second);
}

TEST_CASE("equally loaded workers take turns") {
  Pair test;
  test.second.load.occupied = 0;
  test.scene.world.sim.advance(1100ms);
  for (int i = 0; i < 6; ++i) CHECK(post(test.scene, test.both()).has_value());
  CHECK_EQ(test.first.infers, 3);
  CHECK_EQ(test.second.infers, 3);
}

TEST_CASE("requests under way count before the worker reports them") {
  Pair test;
  test.second.load.occupied = 1;
  test.scene.world.sim.advance(1100ms);
  test.first.infer = giving({"slow"}, 100ms);
  test.second.infer = giving({"slow"}, 100ms);
  std::vector<std::string> kids;
  const auto ask = [](ProxyScene& scene, Bytes envelope,
                      std::vector<std::string>& by) -> Task<void> {
    auto response = co_await open(scene, std::move(envelope));
    if (response) by.emplace_back(ports::find_field(response->headers, wire::kHeaderKid));
  };
  for (int i = 0; i < 3; ++i) {
    test.scene.world.sim.spawn(
        ask(test.scene, envelope_for(test.scene, test.both()).encode(), kids));
    test.scene.world.sim.settle();
  }
  test.scene.world.sim.advance(500ms);
  CHECK_EQ(kids.size(), 3);
  CHECK_EQ(test.first.infers,
           2);  // 0 and 1 of 4 taken against 1 of 4, the tie going to the one that waited longer
  CHECK_EQ(test.second.infers, 1);
}

TEST_CASE(
    "a candidate that fails before its first frame costs the client nothing: the next wrap is "
    "tried") {
  Pair test;
  SUBCASE("misdirected") { test.first.infer = refusing(421); }
  SUBCASE("full") { test.first.infer = refusing(429); }
  SUBCASE("draining") { test.first.infer = refusing(503); }
  SUBCASE("reset") { test.first.infer = breaking_off_after(""); }
  SUBCASE("an empty answer") { test.first.infer = giving({}); }
  SUBCASE("connection lost on the way") {
    test.first_link->http().faults().cut_after_answer_bytes = 0;
  }
  const Envelope envelope = envelope_for(test.scene, test.both());
  check_answered_by(post(test.scene, envelope.encode()), test.second);
  CHECK_EQ(test.first.infers, 1);
  CHECK_EQ(test.scene.metrics.count(Counter::kRelayRetries), 1);
  CHECK_EQ(test.scene.metrics.count(Counter::kRequestsOk), 1);
}

TEST_CASE("a candidate that says nothing until the deadline is given up for the next") {
  Pair test({.limits = {.first_frame_by = 20s}});
  bool saw_reset = false;
  test.first.infer = [&](StubWorker&, ports::HttpRequest, ports::ResponseWriter& response) {
    return hang(response, saw_reset);
  };
  check_answered_by(post(test.scene, test.both()), test.second);
  CHECK(saw_reset);
}

TEST_CASE(
    "a worker that has its fill of this proxy's requests is left out, and all such candidates mean "
    "429") {
  Pair test({.limits = {.in_flight_per_worker_max = 1}});
  test.first.infer = giving({"one", "two"}, 10s);
  test.second.infer = giving({"one", "two"}, 10s);
  auto first =
      test.scene.world.sim.run(open(test.scene, envelope_for(test.scene, test.both()).encode()));
  auto second =
      test.scene.world.sim.run(open(test.scene, envelope_for(test.scene, test.both()).encode()));
  CHECK_EQ(ports::find_field(first.value().headers, wire::kHeaderKid), test.first.kid().hex());
  CHECK_EQ(ports::find_field(second.value().headers, wire::kHeaderKid), test.second.kid().hex());
  // The first answer ends on the way to the second's first frame.
  CHECK_EQ(post(test.scene, std::vector<const StubWorker*>{&test.second}).value().status, 429);
}

TEST_CASE("an answer that falls silent for too long is broken off") {
  Pair test({.limits = {.idle_max = 30s}});
  test.first.infer = giving({"one", "two"}, 20s);
  CHECK(post(test.scene, test.both()).has_value());
  test.first.infer = giving({"one", "two"}, 40s);
  CHECK(post(test.scene, test.both()).error().is(HttpError::kBroken));
  test.scene.world.sim.advance(1min);
  CHECK_EQ(test.first_link->http().under_way(), 0);
}

TEST_CASE(
    "an answer that breaks off after its first frame is broken for the client too and tried "
    "nowhere else") {
  Pair test;
  test.first.infer = breaking_off_after("first frame");
  auto response =
      test.scene.world.sim.run(open(test.scene, envelope_for(test.scene, test.both()).encode()));
  REQUIRE(response.has_value());
  CHECK_EQ(response->status, 200);
  const auto all = test.scene.world.sim.run(ports::read_all(*response->body, 1000));
  CHECK(all.error().is(HttpError::kBroken));
  CHECK_EQ(test.second.infers, 0);
  CHECK_EQ(test.scene.metrics.count(Counter::kRequestsFailed), 1);
}

TEST_CASE("a worker that is lost in the middle of its answer breaks it") {
  Pair test;
  test.first.infer = giving({"one", "two"}, 1s);
  auto response =
      test.scene.world.sim.run(open(test.scene, envelope_for(test.scene, test.both()).encode()));
  REQUIRE(response.has_value());
  test.first_link->http().cut();
  CHECK(test.scene.world.sim.run(ports::read_all(*response->body, 1000))
            .error()
            .is(HttpError::kBroken));
  CHECK_EQ(test.second.infers, 0);
}

TEST_CASE("what the request itself is to blame for is passed on and tried nowhere else") {
  for (const int status : {400, 402, 409, 413}) {
    CAPTURE(status);
    Pair test;
    test.first.infer = refusing(status, "why");
    const auto answer = post(test.scene, test.both());
    CHECK_EQ(answer.value().status, status);
    CHECK_EQ(answer->text(), "why");
    CHECK_EQ(test.second.infers, 0);
  }
}

TEST_CASE("when every candidate is busy the client hears 429 and when to come back") {
  Pair test;
  test.first.infer = refusing(429);
  test.second.infer = refusing(429);
  const auto answer = post(test.scene, test.both());
  CHECK_EQ(answer.value().status, 429);
  CHECK_EQ(answer->header("retry-after"), "1");
  CHECK_EQ(test.scene.metrics.count(Counter::kRequestsRefused), 1);
}

TEST_CASE("when no candidate is attached, or every key has changed, the client hears 503") {
  Pair test;
  const StubWorker elsewhere(test.scene.world, "elsewhere");
  auto answer = post(test.scene, {&elsewhere});
  CHECK_EQ(answer.value().status, 503);
  CHECK_EQ(answer->header("retry-after"), "1");
  test.first.infer = refusing(421);
  test.second.infer = refusing(421);
  answer = post(test.scene, test.both());
  CHECK_EQ(answer.value().status, 503);
}

TEST_CASE("an envelope over the limit, malformed, of another type or late is refused") {
  Pair test({.limits = {.envelope_bytes_max = 5000, .envelope_by = 30s}});
  CHECK_EQ(post(test.scene, envelope_for(test.scene, test.both(), 5000).encode()).value().status,
           413);
  CHECK_EQ(post(test.scene, Bytes(300)).value().status, 400);
  CHECK_EQ(post(test.scene, Bytes()).value().status, 400);
  Bytes too_few = envelope_for(test.scene, test.both(), 0).encode();
  too_few[6] = std::byte{3};  // candidates that the header announces
  CHECK_EQ(post(test.scene, too_few).value().status, 400);
  Bytes cut = envelope_for(test.scene, test.both(), 0).encode();
  cut.resize(sealed::kRequestHeaderSize + 20);
  CHECK_EQ(post(test.scene, cut).value().status, 400);

  const auto other_type = test.scene.world.sim.run(fakes::exchange(
      test.scene.http, test.scene.world.clock(), "POST", std::string(wire::kPathRelay),
      {{"content-type", "application/json"}}, envelope_for(test.scene, test.both()).encode()));
  CHECK_EQ(other_type.value().status, 415);

  auto late = test.scene.world.sim.run(test.scene.http.send(
      {.method = "POST",
       .path = std::string(wire::kPathRelay),
       .headers = {{"content-type", std::string(wire::kMediaRequest)}},
       .body = std::make_unique<fakes::SlowBody>(
           test.scene.world.sim, std::vector<fakes::SlowBody::Piece>{{0s, Bytes(200)}},
           fakes::SlowBody::End::kNever)},
      test.scene.world.clock().in(5min)));
  CHECK_EQ(late.value().status, 408);
  CHECK_EQ(test.scene.relay.buffered_bytes(), 0);
  CHECK_EQ(test.first.infers + test.second.infers, 0);
}

TEST_CASE(
    "only so many bytes of envelopes are held at once, and each is let go with its first frame") {
  Pair test({.limits = {.buffered_bytes_max = 10'000}});
  test.first.infer = giving({"one", "two"}, 10s);
  test.second.infer = giving({"one", "two"}, 10s);
  auto held = open(test.scene, envelope_for(test.scene, test.both(), 6000).encode());
  std::optional<Result<ports::HttpResponse>> response;
  const auto keep = [](Task<Result<ports::HttpResponse>> from,
                       std::optional<Result<ports::HttpResponse>>& to) -> Task<void> {
    auto got = co_await std::move(from);
    to.emplace(std::move(got));
  };
  test.scene.world.sim.spawn(keep(std::move(held), response));
  test.scene.world.sim.settle();
  CHECK(test.scene.relay.buffered_bytes() > 6000);
  CHECK_EQ(test.scene.metrics.value(ports::Gauge::kRequestsInFlight), 1);
  CHECK_EQ(test.scene.metrics.value(ports::Gauge::kBytesBuffered),
           static_cast<std::int64_t>(test.scene.relay.buffered_bytes()));

  const auto refused = post(test.scene, envelope_for(test.scene, test.both(), 6000).encode());
  CHECK_EQ(refused.value().status, 503);
  CHECK_EQ(refused->header("retry-after"), "1");
  test.scene.world.sim.advance(11s);
  REQUIRE(response.has_value());
  CHECK_EQ(test.scene.relay.buffered_bytes(), 0);
  // The first answer is still under way.
  CHECK_EQ(test.scene.metrics.value(ports::Gauge::kRequestsInFlight), 1);
  CHECK_EQ(post(test.scene, envelope_for(test.scene, test.both(), 6000).encode()).value().status,
           200);
  CHECK_EQ(test.scene.metrics.value(ports::Gauge::kBytesBuffered), 0);
}

TEST_CASE("a client that goes away before the first frame frees the worker and the memory") {
  Pair test;
  bool saw_reset = false;
  test.first.infer = [&](StubWorker&, ports::HttpRequest, ports::ResponseWriter& response) {
    return hang(response, saw_reset);
  };
  const auto given_up = test.scene.world.sim.run(
      test.scene.http.send({.method = "POST",
                            .path = std::string(wire::kPathRelay),
                            .headers = {{"content-type", std::string(wire::kMediaRequest)}},
                            .body = ports::body_of(envelope_for(test.scene, test.both()).encode())},
                           test.scene.world.clock().in(2s)));
  CHECK(given_up.error().is(async::AsyncError::kTimeout));
  test.scene.world.sim.settle();
  CHECK(saw_reset);
  CHECK_EQ(test.second.infers, 0);
  CHECK_EQ(test.scene.relay.buffered_bytes(), 0);
  CHECK_EQ(test.scene.http.under_way(), 0);
  CHECK_EQ(test.scene.metrics.count(Counter::kRequestsAborted), 1);
}

TEST_CASE("a client that goes away in the middle of an answer resets the worker's stream") {
  Pair test;
  test.first.infer = giving(std::vector<std::string>(1000, "frame"), 100ms);
  {
    auto response =
        test.scene.world.sim.run(open(test.scene, envelope_for(test.scene, test.both()).encode()));
    REQUIRE(response.has_value());
    test.scene.world.sim.advance(1s);
    CHECK_EQ(test.first_link->http().under_way(), 1);
  }
  test.scene.world.sim.advance(200ms);
  CHECK_EQ(test.scene.http.under_way(), 0);
  CHECK_EQ(test.scene.metrics.count(Counter::kRequestsAborted), 1);
  // Its place counts as free again.
  check_answered_by(
      [&] {
        test.first.infer = {};
        return post(test.scene, test.both());
      }(),
      test.first);
}

TEST_CASE("a client that does not read holds its worker back, not the proxy's memory") {
  Pair test({.http = {.window_bytes = 4096}});
  test.first.infer = giving(std::vector<std::string>(1000, std::string(4096, 'x')));
  auto response =
      test.scene.world.sim.run(open(test.scene, envelope_for(test.scene, test.both()).encode()));
  REQUIRE(response.has_value());
  test.scene.world.sim.advance(10s);
  CHECK(test.scene.metrics.count(Counter::kBytesRelayed) < 25'000);
  const auto all = test.scene.world.sim.run(ports::read_all(*response->body, 10'000'000));
  CHECK_EQ(all.value().size(), 4'096'000);
}

TEST_CASE("the relay and its neighbours answer only what they are for") {
  ProxyScene scene;
  CHECK_EQ(scene.get("/").status, 404);
  CHECK_EQ(scene.get(std::string(wire::kPathRelay)).status, 404);
  CHECK_EQ(scene.get(std::string(wire::kPathBills) + RequestId().hex()).status, 404);
  const auto put = scene.world.sim.run(fakes::exchange(scene.http, scene.world.clock(), "PUT",
                                                       std::string(wire::kPathDirectory), {}, {}));
  CHECK_EQ(put.value().status, 405);
  CHECK(scene.listed().empty());
}
