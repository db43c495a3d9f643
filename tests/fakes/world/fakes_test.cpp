#include <doctest/doctest.h>

#include "async/race.h"
#include "tests/fakes/world/fake_engine.h"
#include "tests/fakes/world/world.h"

using namespace cocoon;
using namespace cocoon::fakes;
using namespace std::chrono_literals;
using ports::HttpError;

namespace {

// Gives pieces of one size until it is stopped, and tells what it saw.
class Fountain final : public ports::HttpHandler {
 public:
  explicit Fountain(Simulation& simulation) : simulation_(simulation) {}
  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override {
    const auto body = co_await ports::read_all(*request.body, 1'000'000);
    bytes_received += body ? body->size() : 0;
    Status sent = response.head(200, {});
    for (std::size_t i = 0; sent && i < pieces; ++i) {
      sent = co_await response.write(Bytes(piece_bytes));
      if (sent) ++pieces_sent;
      if (pause > Duration::zero()) co_await simulation_.clock().sleep_for(pause);
    }
    if (sent && end == End::kOrderly) sent = co_await response.finish({{"t", "v"}});
    if (!sent) saw_reset = true;
  }

  enum class End : std::uint8_t { kOrderly, kForgotten } end = End::kOrderly;
  std::size_t pieces = 3;
  std::size_t piece_bytes = 1000;
  Duration pause{0};
  std::size_t bytes_received = 0;
  std::size_t pieces_sent = 0;
  bool saw_reset = false;

 private:
  Simulation& simulation_;
};

struct Scene {
  ~Scene() { world.sim.end(); }
  [[nodiscard]] Task<Result<ports::HttpResponse>> open() {
    return http.send({.method = "GET", .path = "/", .headers = {}, .body = ports::body_of({})},
                     world.clock().in(10s));
  }
  World world;
  Fountain fountain{world.sim};
  MemoryHttp http{world.sim, fountain, {.window_bytes = 2000, .chunk_bytes = 400}};
};

Task<Status> sleep_then_ok(VirtualClock& clock, Duration duration) {
  co_await clock.sleep_for(duration);
  co_return Status();
}

}  // namespace

TEST_CASE("virtual time jumps to whoever wakes next, and a cancelled sleeper leaves no trace") {
  World world;
  std::vector<int> order;
  const auto sleeper = [](World& in, std::vector<int>& to, int who, Duration after) -> Task<void> {
    co_await in.clock().sleep_for(after);
    to.push_back(who);
  };
  world.sim.spawn(sleeper(world, order, 2, 2h));
  world.sim.spawn(sleeper(world, order, 1, 1h));
  world.sim.spawn(sleeper(world, order, 3, 2h));
  world.sim.advance(1h);
  CHECK(order == std::vector<int>{1});
  world.sim.advance(1h);
  CHECK(order == std::vector<int>{1, 2, 3});

  VirtualClock& clock = world.clock();
  const auto begin = clock.now();
  const Status late =
      world.sim.run(async::with_deadline(clock, clock.in(1s), sleep_then_ok(clock, 5s)));
  CHECK(late.error().is(async::AsyncError::kTimeout));
  CHECK(clock.now() - begin == 1s);
  CHECK_FALSE(clock.next_wake().has_value());
  CHECK_EQ(clock.wall_now().value(), (1'800'000'000ULL + 7201) * 1000);
}

TEST_CASE("a wait for something that never happens is an error, not a hang") {
  World world;
  const auto forever = [](async::Event& event) -> Task<void> { co_await event.wait(); };
  async::Event never(world.sim.executor());
  CHECK_THROWS(world.sim.run(forever(never)));
}

TEST_CASE("an exchange over memory carries bodies and trailers whole") {
  Scene scene;
  const auto answer = scene.world.sim.run(
      exchange(scene.http, scene.world.clock(), "POST", "/x", {}, Bytes(10'000)));
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->body.size(), 3000);
  CHECK_EQ(ports::find_field(answer->trailers, "t"), "v");
  CHECK_EQ(scene.fountain.bytes_received, 10'000);
  CHECK_EQ(scene.http.under_way(), 0);
}

TEST_CASE("an unread answer holds its sender back") {
  Scene scene;
  scene.fountain.pieces = 100;
  auto response = scene.world.sim.run(scene.open());
  REQUIRE(response.has_value());
  scene.world.sim.settle();
  CHECK_EQ(scene.fountain.pieces_sent, 2);
  const auto all = scene.world.sim.run(ports::read_all(*response->body, 1'000'000));
  CHECK_EQ(all.value().size(), 100'000);
}

TEST_CASE("dropping an answer resets its stream, which the server sees") {
  Scene scene;
  scene.fountain.pieces = 1000;
  scene.fountain.pause = 1s;
  auto response = scene.world.sim.run(scene.open());
  scene.world.sim.advance(3s);
  response = fail(HttpError::kBroken, "dropped");
  scene.world.sim.advance(1s);
  CHECK(scene.fountain.saw_reset);
  CHECK_EQ(scene.http.under_way(), 0);
}

TEST_CASE("a server that forgets the end of its answer makes it an error") {
  Scene scene;
  scene.fountain.end = Fountain::End::kForgotten;
  auto response = scene.world.sim.run(scene.open());
  REQUIRE(response.has_value());
  const auto all = scene.world.sim.run(ports::read_all(*response->body, 1'000'000));
  CHECK(all.error().is(HttpError::kBroken));
}

TEST_CASE(
    "a connection that is cut breaks what is under way and refuses what comes after, until it is "
    "restored") {
  Scene scene;
  scene.http.faults().cut_after_answer_bytes = 1500;
  auto response = scene.world.sim.run(scene.open());
  REQUIRE(response.has_value());
  std::size_t received = 0;
  for (;;) {
    const auto piece = scene.world.sim.run(response->body->read());
    if (!piece) {
      CHECK(piece.error().is(HttpError::kBroken));
      break;
    }
    received += piece->size();
  }
  CHECK_EQ(received, 1500);
  CHECK(scene.fountain.saw_reset);
  CHECK(scene.world.sim.run(scene.open()).error().is(HttpError::kUnreachable));
  scene.http.faults() = {};
  scene.http.restore();
  CHECK(scene.world.sim.run(exchange(scene.http, scene.world.clock(), "GET", "/", {}, {}))
            .has_value());
}

TEST_CASE("an engine's answer comes at its pace and can be dropped") {
  World world;
  FakeEngine engine(world.sim, chat_stream({"a", "b", "c"}, 1s));
  {
    auto response = world.sim.run(
        engine.call("POST", "/v1/chat/completions", to_bytes("{}"), world.clock().in(1min)));
    REQUIRE(response.has_value());
    const auto first = world.sim.run(response->body->read());
    CHECK(as_text(first.value()).find(R"("content":"a")") != std::string_view::npos);
    CHECK_EQ(engine.under_way(), 1);
  }
  CHECK_EQ(engine.under_way(), 0);
  CHECK_EQ(engine.cancelled(), 1);
  CHECK_EQ(engine.steps_given(), 1);
  engine.set_state(ports::EngineState::kRestarting);
  CHECK(world.sim.run(engine.call("POST", "/", {}, world.clock().in(1min)))
            .error()
            .is(ports::EngineError::kDown));
  world.sim.end();
}

TEST_CASE("the same seed gives the same keys and another one others") {
  World one(7);
  World same(7);
  World other(8);
  const auto key = one.new_identity().public_key();
  CHECK(key == same.new_identity().public_key());
  CHECK(key != other.new_identity().public_key());
}
