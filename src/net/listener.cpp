#include "net/listener.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>

#include "async/event.h"
#include "net/hello_exchange.h"
#include "net/http2_session.h"
#include "net/tls.h"
#include "wire/protocol.h"

namespace cocoon::net {

using async::Task;
using std::chrono::steady_clock;

struct Listener::State {
  State(async::Executor e, ListenerOptions o, std::shared_ptr<const crypto::Ed25519KeyPair> i,
        ports::HttpHandler* h, OnWorker w)
      : executor(std::move(e)),
        options(std::move(o)),
        identity(std::move(i)),
        handler(h),
        on_worker(std::move(w)),
        changed(executor),
        backoff(executor),
        budget(std::make_shared<BufferBudget>(executor, options.buffered_bytes_max)) {}

  void stop() {
    stopped = true;
    acceptor->close();
    backoff.notify();
    changed.notify();
    budget->wake();
    const auto channels = handshakes;
    for (const auto& channel : channels) channel->close();
    const auto serving = sessions;
    for (const auto& session : serving) session->close();
  }

  async::Executor executor;
  ListenerOptions options;
  std::shared_ptr<const crypto::Ed25519KeyPair> identity;
  ports::HttpHandler* handler;
  OnWorker on_worker;
  std::unique_ptr<TlsAcceptor> acceptor;
  async::Event changed;  // a connection less, or stopped
  async::Event backoff;
  bool stopped = false;
  std::shared_ptr<BufferBudget> budget;
  std::list<std::shared_ptr<TlsChannel>> handshakes;  // oldest first
  std::set<std::shared_ptr<Http2Session>> sessions;   // forward ones, which we hold
  std::map<std::string, std::size_t> networks;        // connections of each
  ListenerCounts counts;
  ListenerCounts reported;
};

namespace {

// What a handshake came to.
struct Greeted {
  std::string alpn;
  std::optional<wire::Hello> worker;
};

Task<Result<Greeted>> greet(std::shared_ptr<TlsChannel> channel,
                            std::shared_ptr<const crypto::Ed25519KeyPair> identity) {
  CO_TRY_VOID(co_await channel->handshake());
  Greeted greeted{.alpn = channel->alpn(), .worker = {}};
  if (greeted.alpn == wire::kAlpnForward || greeted.alpn == wire::kAlpnReverse) {
    CO_TRY_VOID(co_await send_hello(channel, attest::Role::kProxy, Kid{}, identity));
  }
  if (greeted.alpn == wire::kAlpnReverse) {
    CO_TRY(greeted.worker, co_await receive_hello(channel, attest::Role::kWorker));
  }
  co_return greeted;
}

}  // namespace

// Coroutines over a listener's state, which they hold.
struct ListenerLoops {
  using State = std::shared_ptr<Listener::State>;

  static Task<void> serve_forward(State state, std::shared_ptr<TlsChannel> channel,
                                  std::uint32_t peer) {
    auto session = Http2Session::start(state->executor, channel, SessionEnd::kServes,
                                       state->handler, state->options.forward_limits);
    if (!session) co_return;
    (*session)->count_in(state->budget);
    (*session)->set_peer(peer);
    state->sessions.insert(*session);
    co_await (*session)->wait_closed();
    state->sessions.erase(*session);
  }

  static Task<void> serve_reverse(State state, std::shared_ptr<TlsChannel> channel,
                                  wire::Hello hello) {
    auto session = Http2Session::start(state->executor, channel, SessionEnd::kAsks, nullptr,
                                       state->options.reverse_limits);
    if (!session) co_return;
    state->on_worker(std::make_shared<ReverseConnection>(*session, hello));
    co_await (*session)->wait_closed();
  }

  // One connection in its network's count, from accept to end.
  class Seat {
   public:
    Seat(State state, const std::string& network)
        : state_(std::move(state)), place_(state_->networks.try_emplace(network).first) {
      ++place_->second;
    }
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat() {
      if (--place_->second == 0) state_->networks.erase(place_);
    }
    // A number for the network, the same for all its connections.
    [[nodiscard]] std::uint32_t peer() const {
      return static_cast<std::uint32_t>(std::hash<std::string>()(place_->first));
    }

   private:
    State state_;
    std::map<std::string, std::size_t>::iterator place_;
  };

  static Task<void> connection(State state, std::shared_ptr<TlsChannel> channel,
                               std::unique_ptr<Seat> seat) {
    std::optional<Greeted> greeted;
    {
      const CloseAtDeadline guard(state->executor, channel,
                                  steady_clock::now() + state->options.handshake_timeout);
      auto result = co_await greet(channel, state->identity);
      if (result) greeted = std::move(*result);
    }
    std::erase(state->handshakes, channel);
    if (!greeted || state->stopped) {
      if (!greeted) ++state->counts.handshakes_failed;
      co_return;
    }
    ++state->counts.open;
    if (greeted->worker) {
      co_await serve_reverse(state, channel, *greeted->worker);
    } else {
      co_await serve_forward(state, channel, seat->peer());
    }
    --state->counts.open;
    state->changed.notify();
  }

  static std::size_t connections_of(const State& state, const std::string& network) {
    const auto found = state->networks.find(network);
    return found == state->networks.end() ? 0 : found->second;
  }

  // Of the networks with most connections: the handshake that began first, or else the forward
  // connection that has been idle longest. Closes it; false if there is neither.
  static bool make_room(const State& state) {
    const auto handshake = std::ranges::max_element(
        state->handshakes, {},
        [&](const auto& channel) { return connections_of(state, channel->network()); });
    const std::size_t at_handshake =
        handshake == state->handshakes.end() ? 0 : connections_of(state, (*handshake)->network());
    std::shared_ptr<Http2Session> idle;
    std::size_t at_idle = 0;
    for (const auto& session : state->sessions) {
      if (!session->idle_since()) continue;
      const std::size_t beside = connections_of(state, session->network());
      if (!idle || beside > at_idle ||
          (beside == at_idle && session->idle_since() < idle->idle_since())) {
        idle = session;
        at_idle = beside;
      }
    }
    if (idle && at_idle > at_handshake) {
      idle->close();
    } else if (at_handshake > 0) {
      (*handshake)->close();
      state->handshakes.erase(handshake);
    } else {
      return false;
    }
    ++state->counts.made_room;
    return true;
  }

  static bool has_place(const State& state, const std::string& network) {
    const ListenerOptions& options = state->options;
    if (connections_of(state, network) >= options.connections_per_network_max) return false;
    return state->counts.open + state->handshakes.size() < options.connections_max ||
           make_room(state);
  }

  static void admit(const State& state, const std::shared_ptr<TlsChannel>& channel) {
    const std::string& network = channel->network();
    if (!has_place(state, network)) {
      ++state->counts.refused;
      return;
    }
    if (state->handshakes.size() >= state->options.handshakes_max) (void)make_room(state);
    ++state->counts.accepted;
    state->handshakes.push_back(channel);
    async::spawn(state->executor,
                 connection(state, channel, std::make_unique<Seat>(state, network)),
                 [state, channel](std::string_view) {
                   channel->close();
                   std::erase(state->handshakes, channel);
                 });
  }

  // Over the budget whoever holds most of it is closed, until the rest fits.
  static Task<void> shed(State state) {
    while (!state->stopped) {
      const auto most = std::ranges::max_element(
          state->sessions, {}, [](const auto& session) { return session->buffered_bytes(); });
      if (!state->budget->is_over() || most == state->sessions.end()) {
        co_await state->budget->wait_over();
        continue;
      }
      ++state->counts.shed;
      const auto held = std::move(state->sessions.extract(most).value());
      held->close();
    }
  }

  static Task<void> accept(State state) {
    constexpr async::Duration kBackoffMin = std::chrono::milliseconds(20);
    constexpr async::Duration kBackoffMax = std::chrono::seconds(1);
    async::Duration pause = kBackoffMin;
    while (!state->stopped) {
      auto channel = co_await state->acceptor->accept();
      if (channel) {
        pause = kBackoffMin;
        admit(state, *channel);
        continue;
      }
      if (state->stopped) break;
      // Out of file descriptors or memory: connections that end give some back.
      co_await state->backoff.wait_until(steady_clock::now() + pause);
      pause = std::min(2 * pause, kBackoffMax);
    }
  }

  static Task<void> drain(State state, async::Deadline deadline) {
    state->stopped = true;
    state->acceptor->close();
    state->backoff.notify();
    state->budget->wake();
    const auto serving = state->sessions;
    for (const auto& session : serving) {
      async::spawn(state->executor, session->drain(deadline),
                   [session](std::string_view) { session->close(); });
    }
    while (!state->sessions.empty()) co_await state->changed.wait();
    state->stop();
  }
};

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() { stop(); }

Result<std::unique_ptr<Listener>> Listener::open(
    const async::Executor& executor, ListenerOptions options,
    std::shared_ptr<const crypto::Ed25519KeyPair> identity, ports::HttpHandler& handler,
    OnWorker on_worker) {
  std::vector<std::string> alpns;
  if (on_worker) alpns.emplace_back(wire::kAlpnReverse);
  alpns.emplace_back(wire::kAlpnForward);
  alpns.emplace_back("h2");
  const Endpoint bind = options.bind;
  const auto state = std::make_shared<State>(executor, std::move(options), std::move(identity),
                                             &handler, std::move(on_worker));
  TRY(state->acceptor, TlsAcceptor::open(executor, bind, std::move(alpns)));
  const auto on_crash = [state](std::string_view) { state->stop(); };
  async::spawn(executor, ListenerLoops::accept(state), on_crash);
  async::spawn(executor, ListenerLoops::shed(state), on_crash);
  return std::unique_ptr<Listener>(new Listener(state));
}

Endpoint Listener::local() const { return state_->acceptor->local(); }
ListenerCounts Listener::counts() const {
  ListenerCounts counts = state_->counts;
  counts.handshakes = state_->handshakes.size();
  counts.buffered_bytes = state_->budget->bytes();
  return counts;
}
void Listener::report_to(ports::Metrics& metrics) {
  using ports::Counter;
  using ports::Gauge;
  const ListenerCounts now = counts();
  const ListenerCounts before = std::exchange(state_->reported, now);
  metrics.add(Counter::kConnectionsAccepted, now.accepted - before.accepted);
  metrics.add(Counter::kConnectionsRefused, now.refused - before.refused);
  metrics.add(Counter::kConnectionsMadeRoom, now.made_room - before.made_room);
  metrics.add(Counter::kConnectionsShed, now.shed - before.shed);
  metrics.add(Counter::kHandshakesFailed, now.handshakes_failed - before.handshakes_failed);
  metrics.set(Gauge::kConnectionsOpen, static_cast<std::int64_t>(now.open));
  metrics.set(Gauge::kHandshakesInFlight, static_cast<std::int64_t>(now.handshakes));
  metrics.set(Gauge::kConnectionBytes, static_cast<std::int64_t>(now.buffered_bytes));
}
Task<void> Listener::drain(async::Deadline deadline) {
  return ListenerLoops::drain(state_, deadline);
}
void Listener::stop() { state_->stop(); }

}  // namespace cocoon::net
