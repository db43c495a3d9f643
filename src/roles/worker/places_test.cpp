#include "roles/worker/places.h"

#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <deque>
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
    async::spawn(loop.get_executor(), visit(trace, who, places.enter(1)),
                 [](std::string_view) { CHECK(false); });
  }
  CHECK(places.enter(1).error().is(WorkerError::kBusy));
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
    auto first = places.enter(1).value();
    CHECK(first.try_run());
    CHECK_EQ(places.running(), 1);
    CHECK_EQ(places.waiting(), 0);
    auto second = places.enter(1).value();
    CHECK_FALSE(second.try_run());
    CHECK_EQ(places.waiting(), 1);
    async::spawn(loop.get_executor(), visit(trace, 3, places.enter(1)),
                 [](std::string_view) { CHECK(false); });
    loop.poll();  // the third waits for its turn, and the second has not asked for its own
  }
  auto late = places.enter(1).value();
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
  async::spawn(loop.get_executor(), stay(places.enter(1), may_leave),
               [](std::string_view) { CHECK(false); });
  const auto canceller = std::make_shared<async::Canceller>();
  async::spawn_cancellable(loop.get_executor(), visit(trace, 1, places.enter(1)), canceller,
                           [](const std::exception_ptr&) {});
  async::spawn(loop.get_executor(), visit(trace, 2, places.enter(1)),
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
  auto arriving = places.enter(1);
  async::spawn(loop.get_executor(), visit(trace, 1, places.enter(1)),
               [](std::string_view) { CHECK(false); });
  async::spawn(loop.get_executor(), visit(trace, 2, places.enter(1)),
               [](std::string_view) { CHECK(false); });
  CHECK(places.enter(1).error().is(WorkerError::kBusy));
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

TEST_CASE("a peer cannot take the places that are kept for the others") {
  boost::asio::io_context loop;
  Places places(loop.get_executor(), 2, 6);
  std::deque<Places::Ticket> held;
  const auto fill = [&](std::uint32_t peer) {
    std::size_t taken = 0;
    for (;;) {
      auto ticket = places.enter(peer);
      if (!ticket) return taken;
      held.push_back(std::move(ticket).value());
      ++taken;
    }
  };
  CHECK_EQ(fill(1), 8);  // alone it may have all
  CHECK_EQ(fill(2), 0);
  held.clear();
  CHECK_EQ(fill(1), 6);  // two of eight are another's from now on
  CHECK_EQ(fill(2), 2);
  for (int i = 0; i < 3; ++i) held.pop_front();
  CHECK_EQ(fill(1), 3);  // the other one holds its part already
  CHECK_EQ(places.occupied(), 8);
}

TEST_CASE("of those who wait, the peer that runs least is next") {
  boost::asio::io_context loop;
  Places places(loop.get_executor(), 2, 8);
  Trace trace{places, {}};
  async::Event one_leaves(loop.get_executor());
  async::Event other_leaves(loop.get_executor());
  const auto fail = [](std::string_view) { CHECK(false); };
  async::spawn(loop.get_executor(), stay(places.enter(1), one_leaves), fail);
  async::spawn(loop.get_executor(), stay(places.enter(2), other_leaves), fail);
  loop.poll();
  async::spawn(loop.get_executor(), visit(trace, 10, places.enter(1)), fail);
  async::spawn(loop.get_executor(), visit(trace, 11, places.enter(1)), fail);
  async::spawn(loop.get_executor(), visit(trace, 20, places.enter(2)), fail);
  loop.poll();
  CHECK(trace.order.empty());
  other_leaves.notify();  // peer 2 runs nothing now, peer 1 still one
  loop.poll();
  REQUIRE_FALSE(trace.order.empty());
  CHECK_EQ(trace.order.front(), 20);
  one_leaves.notify();
  loop.run();
  CHECK_EQ(trace.order.size(), 3);
}
