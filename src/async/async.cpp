#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "async/cancel.h"
#include "async/clock.h"
#include "async/event.h"
#include "async/race.h"
#include "async/task.h"

namespace cocoon::async {
namespace asio = boost::asio;

void spawn(const Executor& executor, Task<void> task,
           std::function<void(std::string_view)> on_crash) {
  asio::co_spawn(executor, std::move(task),
                 [on_crash = std::move(on_crash)](const std::exception_ptr& crash) {
                   if (!crash) return;
                   try {
                     std::rethrow_exception(crash);
                   } catch (const std::exception& e) {
                     on_crash(e.what());
                   } catch (...) {
                     on_crash("unknown exception");
                   }
                 });
}

void Canceller::cancel() {
  if (!executor_) return;
  asio::dispatch(*executor_, [self = shared_from_this()] {
    self->signal_.emit(asio::cancellation_type::terminal);
  });
}

void spawn_cancellable(const Executor& executor, Task<void> task,
                       std::shared_ptr<Canceller> canceller,
                       std::function<void(std::exception_ptr)> on_end) {
  canceller->executor_ = executor;
  const auto slot = canceller->signal_.slot();
  asio::co_spawn(executor, std::move(task),
                 asio::bind_cancellation_slot(
                     slot, [canceller = std::move(canceller), on_end = std::move(on_end)](
                               std::exception_ptr crash) { on_end(std::move(crash)); }));
}

Task<Executor> this_executor() { co_return co_await asio::this_coro::executor; }

Task<void> yield_now() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

Event::Event(const Executor& executor) : timer_(executor, asio::steady_timer::time_point::max()) {}

void Event::notify() { timer_.cancel(); }

Task<void> Event::wait() {
  boost::system::error_code ignored;
  if (timer_.expiry() != asio::steady_timer::time_point::max()) {
    timer_.expires_at(asio::steady_timer::time_point::max());  // left behind by wait_until()
  }
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Task<void> Event::wait_until(TimePoint when) {
  boost::system::error_code ignored;
  timer_.expires_at(when);
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

Task<void> IdleLimit::reached() {
  for (;;) {
    const TimePoint now = clock_.now();
    const TimePoint due = (held_ ? now : moved_at_) + max_;
    if (due <= now) co_return;
    co_await clock_.sleep_until(due);
    if (is_cancelled(co_await kCancellation)) co_return;
  }
}

namespace {

class RealClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] UnixMillis wall_now() const override {
    return UnixMillis(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                       std::chrono::system_clock::now().time_since_epoch())
                                       .count()));
  }
  [[nodiscard]] Task<void> sleep_until(TimePoint when) override {
    asio::steady_timer timer(co_await asio::this_coro::executor, when);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
};

}  // namespace

std::unique_ptr<Clock> make_real_clock() { return std::make_unique<RealClock>(); }

}  // namespace cocoon::async
