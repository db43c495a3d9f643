#include "roles/worker/places.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "async/cancel.h"

using namespace cocoon;
using namespace cocoon::worker;

namespace {

struct Trace {
  Places& places;
  std::vector<int> order;
};

Task<void> visit(Trace& trace, int who, Result<Places::Ticket> ticket) {
  co_await ticket.value().run();
  trace.order.push_back(who);
  co_await async::yield_now();
}

Task<void> stay(Result<Places::Ticket> ticket, async::Event& may_leave) {
  co_await ticket.value().run();
  co_await may_leave.wait();
}

}  // namespace

TEST_CASE("places serve in the order of arrival and refuse beyond their bound") {
  boost::asio::io_context loop;
  Places places(loop.get_executor(), 1, 2);
  Trace trace{places, {}};
  for (int who = 0; who < 3; ++who) {
    async::spawn(loop.get_executor(), visit(trace, who, places.enter()),
                 [](std::string_view) { CHECK(false); });
  }
  CHECK(places.enter().error().is(WorkerError::kBusy));
  CHECK_EQ(places.occupied(), 3);
  loop.run();
  CHECK(trace.order == std::vector<int>{0, 1, 2});
  CHECK_EQ(places.occupied(), 0);
}

TEST_CASE("a free place is taken at once, unless it is somebody else's turn") {
  boost::asio::io_context loop;
  Places places(loop.get_executor(), 1, 2);
  Trace trace{places, {}};
  {
    auto first = places.enter().value();
    CHECK(first.try_run());
    CHECK_EQ(places.running(), 1);
    CHECK_EQ(places.waiting(), 0);
    auto second = places.enter().value();
    CHECK_FALSE(second.try_run());
    CHECK_EQ(places.waiting(), 1);
    async::spawn(loop.get_executor(), visit(trace, 3, places.enter()),
                 [](std::string_view) { CHECK(false); });
    loop.poll();  // the third waits for its turn, and the second has not asked for its own
  }
  auto late = places.enter().value();
  CHECK_FALSE(late.try_run());
  loop.restart();
  loop.run();
  CHECK(trace.order == std::vector<int>{3});
  CHECK(late.try_run());
}

TEST_CASE("a ticket dropped while waiting frees its place and lets the next one pass") {
  boost::asio::io_context loop;
  Places places(loop.get_executor(), 1, 2);
  Trace trace{places, {}};
  async::Event may_leave(loop.get_executor());
  async::spawn(loop.get_executor(), stay(places.enter(), may_leave),
               [](std::string_view) { CHECK(false); });
  const auto canceller = std::make_shared<async::Canceller>();
  async::spawn_cancellable(loop.get_executor(), visit(trace, 1, places.enter()), canceller,
                           [](const std::exception_ptr&) {});
  async::spawn(loop.get_executor(), visit(trace, 2, places.enter()),
               [](std::string_view) { CHECK(false); });
  loop.run_for(std::chrono::milliseconds(1));
  CHECK_EQ(places.occupied(), 3);
  canceller->cancel();
  loop.run_for(std::chrono::milliseconds(1));
  CHECK_EQ(places.occupied(), 2);
  may_leave.notify();
  loop.run();
  CHECK(trace.order == std::vector<int>{2});
  CHECK_EQ(places.occupied(), 0);
}

TEST_CASE("a request that is slow to arrive holds a place and holds up nobody") {
  boost::asio::io_context loop;
  Places places(loop.get_executor(), 1, 2);
  Trace trace{places, {}};
  auto arriving = places.enter();
  async::spawn(loop.get_executor(), visit(trace, 1, places.enter()),
               [](std::string_view) { CHECK(false); });
  async::spawn(loop.get_executor(), visit(trace, 2, places.enter()),
               [](std::string_view) { CHECK(false); });
  CHECK(places.enter().error().is(WorkerError::kBusy));
  loop.run();
  CHECK(trace.order == std::vector<int>{1, 2});
  CHECK_EQ(places.occupied(), 1);
  loop.restart();
  async::spawn(loop.get_executor(), visit(trace, 0, std::move(arriving)),
               [](std::string_view) { CHECK(false); });
  loop.run();
  CHECK(trace.order == std::vector<int>{1, 2, 0});
  CHECK_EQ(places.occupied(), 0);
}
