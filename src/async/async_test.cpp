#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>

#include "async/cancel.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/offload.h"
#include "async/race.h"
#include "async/task.h"

// NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines): each closure outlives run().
using namespace cocoon;
using namespace cocoon::async;
using namespace std::chrono_literals;

namespace {

// Runs one coroutine to its end on a fresh event loop.
template <class Body>
void run(Body body) {
  boost::asio::io_context loop;
  std::string crash;
  spawn(loop.get_executor(), body(loop.get_executor()),
        [&](std::string_view what) { crash = what; });
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

TEST_CASE("an idle limit ends a task that stops moving, and no other") {
  const auto clock = make_real_clock();
  const auto body = [&clock](Executor) -> Task<void> {
    const auto steps = [](Clock& on, IdleLimit& limit, Duration step) -> Task<Result<int>> {
      for (int i = 0; i < 4; ++i) {
        co_await on.sleep_for(step);
        limit.moved();
      }
      co_return 7;
    };
    const auto waiting = [](Clock& on, IdleLimit& limit) -> Task<Result<int>> {
      limit.hold();
      co_await on.sleep_for(5ms);
      co_return 8;
    };
    IdleLimit patient(*clock, 10s);
    CHECK_EQ((co_await within(patient, steps(*clock, patient, 1ms))).value(), 7);
    IdleLimit strict(*clock, 1ms);
    CHECK((co_await within(strict, steps(*clock, strict, 10s))).error().is(AsyncError::kTimeout));
    IdleLimit held(*clock, 1ms);
    CHECK_EQ((co_await within(held, waiting(*clock, held))).value(), 8);
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

TEST_CASE("a cancelled task unwinds at its next wait and tells that it was not its own end") {
  boost::asio::io_context loop;
  bool ran_on = false;
  bool ended_with_exception = false;
  const auto canceller = std::make_shared<Canceller>();
  const auto body = [](Executor executor, bool* went_on) -> Task<void> {
    Event never(executor);
    for (int waits = 0; waits < 2; ++waits) co_await never.wait();
    *went_on = true;
  };
  spawn_cancellable(
      loop.get_executor(), body(loop.get_executor(), &ran_on), canceller,
      [&](const std::exception_ptr& crash) { ended_with_exception = crash != nullptr; });
  loop.poll();
  canceller->cancel();
  loop.run();
  CHECK(ended_with_exception);
  CHECK_FALSE(ran_on);
  canceller->cancel();
}

TEST_CASE(
    "a wait with a deadline ends at the deadline or at the notification, whichever is first") {
  const auto clock = make_real_clock();
  const auto body = [&clock](Executor executor) -> Task<void> {
    Event event(executor);
    const auto begin = clock->now();
    co_await event.wait_until(begin + 2ms);
    CHECK(clock->now() >= begin + 2ms);
    boost::asio::post(executor, [&event] { event.notify(); });
    co_await event.wait_until(begin + 10s);
    CHECK(clock->now() < begin + 5s);
  };
  run(body);
}

TEST_CASE("a task may end before a cancellation from outside the loop reaches it") {
  boost::asio::io_context loop;
  Event go(loop.get_executor());
  int ends = 0;
  const auto canceller = std::make_shared<Canceller>();
  const auto body = [](Event* event) -> Task<void> { co_await event->wait(); };
  spawn_cancellable(loop.get_executor(), body(&go), canceller,
                    [&](const std::exception_ptr&) { ++ends; });
  loop.poll();
  go.notify();
  canceller->cancel();
  loop.run();
  CHECK_EQ(ends, 1);
}

TEST_CASE("work beside the loop holds up nobody, and its value comes back to the loop") {
  const WorkerThread thread;
  const auto body = [&thread](Executor) -> Task<void> {
    const auto here = std::this_thread::get_id();
    const std::function<int()> work = [here] { return std::this_thread::get_id() == here ? 0 : 7; };
    CHECK_EQ(co_await run_on<int>(thread.executor(), work), 7);
    CHECK(std::this_thread::get_id() == here);
    bool has_thrown = false;
    try {
      (void)co_await run_on<int>(thread.executor(), [] -> int { throw std::bad_alloc(); });
    } catch (const std::bad_alloc&) {
      has_thrown = true;
    }
    CHECK(has_thrown);
  };
  run(body);
}
// NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)
