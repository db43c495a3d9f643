#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>

#include "async/clock.h"
#include "async/event.h"
#include "async/race.h"
#include "async/task.h"

using namespace cocoon;
using namespace cocoon::async;
using namespace std::chrono_literals;

namespace {

// Runs one coroutine to its end on a fresh event loop.
template <class Body>
void run(Body body) {
  boost::asio::io_context loop;
  std::string crash;
  spawn(loop.get_executor(), body(loop.get_executor()), [&](std::string_view what) { crash = what; });
  loop.run();
  CHECK_EQ(crash, "");
}

Task<Result<int>> answer_after(Clock& clock, Duration delay, int value) {
  co_await clock.sleep_for(delay);
  co_return value;
}

}  // namespace

TEST_CASE("a deadline cancels the slower task and keeps the faster one's result") {
  const auto clock = make_real_clock();
  const auto body = [&clock](Executor) -> Task<void> {
    auto quick = co_await with_deadline(*clock, clock->in(10s), answer_after(*clock, 1ms, 7));
    CHECK_EQ(quick.value(), 7);
    auto slow = co_await with_deadline(*clock, clock->in(1ms), answer_after(*clock, 10s, 7));
    CHECK(slow.error().is(AsyncError::kTimeout));
  };
  run(body);
}

TEST_CASE("a bounded queue makes the producer wait and drains after it is closed") {
  const auto body = [](Executor executor) -> Task<void> {
    auto queue = std::make_shared<Queue<int>>(executor, 1);
    const auto produce = [](std::shared_ptr<Queue<int>> to) -> Task<void> {
      for (int i = 0; i < 3; ++i) CHECK((co_await to->push(i)).has_value());
      to->close();
    };
    spawn(executor, produce(queue), [](std::string_view) {});
    for (int i = 0; i < 3; ++i) {
      const auto value = co_await queue->pop();
      CHECK_EQ(value.value(), i);
    }
    const auto end = co_await queue->pop();
    CHECK_FALSE(end.has_value());
    CHECK(queue->try_push(1).error().is(AsyncError::kClosed));
  };
  run(body);
}

TEST_CASE("an exception that leaves a task is reported and ends only that task") {
  boost::asio::io_context loop;
  std::string crash;
  const auto body = []() -> Task<void> {
    co_await yield_now();
    throw std::runtime_error("boom");
  };
  spawn(loop.get_executor(), body(), [&](std::string_view what) { crash = what; });
  loop.run();
  CHECK_EQ(crash, "boom");
}
