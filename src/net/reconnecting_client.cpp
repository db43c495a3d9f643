#include "net/reconnecting_client.h"

#include <algorithm>
#include <optional>
#include <set>

#include "async/event.h"
#include "net/os_random.h"

namespace cocoon::net {

using async::Task;
using std::chrono::steady_clock;

struct ReconnectingClient::State {
  State(const async::Executor& executor, std::shared_ptr<Dialer> d, ReconnectOptions o, OnChange c)
      : executor(executor),
        dialer(std::move(d)),
        options(std::move(o)),
        on_change(std::move(c)),
        pause(executor),
        backoff(options.backoff_min) {}

  void tell(bool up, const Error* why) const {
    if (on_change) on_change(up, why);
  }

  [[nodiscard]] bool is_up() const { return connection && connection->takes_requests(); }

  // A moment, for those who look again after it; false at the deadline and once it is all over.
  [[nodiscard]] Task<bool> pause_until(async::Deadline deadline) {
    const auto now = steady_clock::now();
    if (now >= deadline || stopped) co_return false;
    async::Event moment(executor);
    co_await moment.wait_until(
        std::min<async::TimePoint>(deadline, now + std::chrono::milliseconds(5)));
    co_return true;
  }

  // The next wait: doubling, of which a random half is taken off.
  async::Duration next_pause() {
    const async::Duration whole =
        std::exchange(backoff, std::min(2 * backoff, options.backoff_max));
    const auto random = OsRandom().array<2>();
    const auto part = static_cast<std::int64_t>((std::to_integer<unsigned>(random[0]) << 8U) |
                                                std::to_integer<unsigned>(random[1]));
    return whole / 2 + (whole / 2) * part / 65536;
  }

  // A connection that takes no more requests is kept until those under way are done.
  static Task<void> retire(std::shared_ptr<State> self, std::shared_ptr<ForwardConnection> old) {
    self->retiring.insert(old);
    co_await old->wait_closed();
    self->retiring.erase(old);
  }

  static Task<void> run(std::shared_ptr<State> self) {
    constexpr async::Duration kStableAfter = std::chrono::seconds(5);
    while (!self->stopped) {
      const ReconnectOptions& options = self->options;
      auto dialled = co_await self->dialer->dial_forward(
          options.to, options.expected_proxy_key, options.limits,
          steady_clock::now() + options.dial_timeout);
      if (self->stopped) co_return;
      if (dialled) {
        const auto since = steady_clock::now();
        self->connection = std::move(*dialled);
        self->why_down.reset();
        self->tell(true, nullptr);
        const auto held = self->connection;
        co_await held->wait_refusing();
        if (steady_clock::now() - since > kStableAfter) self->backoff = options.backoff_min;
        self->connection.reset();
        if (self->stopped) co_return;
        const Error why(NetError::kUnreachable, "connection lost or drained");
        self->tell(false, &why);
        async::spawn(self->executor, retire(self, held), [](std::string_view) {});
      } else {
        self->why_down = dialled.error();
        self->tell(false, &dialled.error());
      }
      if (!self->stopped) co_await self->pause.wait_until(steady_clock::now() + self->next_pause());
    }
  }

  async::Executor executor;
  std::shared_ptr<Dialer> dialer;
  ReconnectOptions options;
  OnChange on_change;
  async::Event pause;
  async::Duration backoff;
  bool stopped = false;
  std::optional<Error> why_down;  // set while the last dial has failed
  std::shared_ptr<ForwardConnection> connection;
  std::set<std::shared_ptr<ForwardConnection>> retiring;
};

ReconnectingClient::ReconnectingClient(const async::Executor& executor,
                                       std::shared_ptr<Dialer> dialer, ReconnectOptions options,
                                       OnChange on_change)
    : state_(std::make_shared<State>(executor, std::move(dialer), std::move(options),
                                     std::move(on_change))) {
  async::spawn(executor, State::run(state_), [](std::string_view) {});
}

ReconnectingClient::~ReconnectingClient() {
  state_->stopped = true;
  state_->on_change = {};
  state_->pause.notify();
  if (state_->connection) state_->connection->close();
  const auto old = state_->retiring;
  for (const auto& connection : old) connection->close();
}

bool ReconnectingClient::is_up() const { return state_->is_up(); }

Task<bool> ReconnectingClient::wait_up(async::Deadline deadline) {
  const auto state = state_;
  while (!state->is_up()) {
    if (!co_await state->pause_until(deadline)) co_return false;
  }
  co_return true;
}

Task<Result<ports::HttpResponse>> ReconnectingClient::send(ports::HttpRequest request,
                                                           async::Deadline head_by) {
  const auto state = state_;
  const auto wait_by =
      std::min<async::TimePoint>(head_by, steady_clock::now() + state->options.redial_wait_max);
  while (!state->is_up() && !state->why_down) {
    if (!co_await state->pause_until(wait_by)) break;
  }
  const auto connection = state->connection;
  if (!connection) {
    std::string what = "not connected to " + state->options.to.text();
    if (const auto& why = state->why_down) what += ": " + why->message();
    co_return fail(ports::HttpError::kUnreachable, std::move(what));
  }
  co_return co_await connection->http().send(std::move(request), head_by);
}

}  // namespace cocoon::net
