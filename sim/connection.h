#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "async/event.h"
#include "ports/http.h"
#include "sim/trace.h"
#include "tests/fakes/world/recorders.h"
#include "tests/fakes/world/simulation.h"

namespace cocoon::sim {

using fakes::Simulation;

// How a connection carries its messages. Draws take nothing from the size of a message: signatures
// vary by a byte or two from run to run, and the same seed must walk the same way.
struct Conditions {
  Duration latency = std::chrono::microseconds(200);
  Duration jitter = std::chrono::microseconds(500);  // at most this much more, each message
  std::uint32_t pieces_max = 4;         // a chunk of a body arrives in so many pieces at most
  std::uint32_t refusals_permille = 0;  // requests that the peer's HTTP/2 never looks at
  std::size_t window_bytes = std::size_t{64} * 1024;  // of an answer, sent and not yet read
};

// One end of a connection: a program, its clock, and whether it still hears anything.
struct End {
  End(std::string of, async::Executor on, async::Clock& by)
      : name(std::move(of)), executor(std::move(on)), clock(&by), changed(executor) {}
  std::string name;
  async::Executor executor;
  async::Clock* clock;
  async::Event changed;
  enum class State : std::uint8_t { kUp, kLost } state = State::kUp;
};

// A connection over which one end asks and the other serves, as HTTP/2 over TCP would carry it:
// each way reliable and in order, late by its latency, in pieces that nobody chose. It may go
// silent (no message arrives, neither end knows) and break, of which each end learns in its own
// time. What an end does after it is lost reaches nobody.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `conditions` may change while the connection lasts.
  Connection(Simulation& simulation, fakes::SeededRandom& random, const Conditions& conditions,
             std::unique_ptr<End> asker, std::unique_ptr<End> server, ports::HttpHandler& handler);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // On the asker's executor.
  [[nodiscard]] Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                       ports::Deadline head_by);

  [[nodiscard]] End& asker() { return *asker_; }
  [[nodiscard]] End& server() { return *server_; }
  // That end's program closed it or is gone; the other one hears of it as of any message.
  void leave(End& end);
  // Nothing arrives until resume(). Both ends give up after `patience` of it, as keep-alive would.
  void go_silent(Duration patience);
  void resume();
  [[nodiscard]] bool is_silent() const { return is_silent_; }
  // Both ends lose it now.
  void tear();
  [[nodiscard]] Task<void> wait_lost(End& end);
  void refuse_new() { is_refusing_ = true; }
  [[nodiscard]] Task<void> wait_idle();

  // Streams that the asker still holds, and handlers that run.
  [[nodiscard]] std::size_t asked() const { return asked_; }
  [[nodiscard]] std::size_t served() const { return served_; }
  [[nodiscard]] bool is_open() const { return asker_->state == End::State::kUp; }

  struct Stream;

 private:
  friend struct Stream;
  friend class AnswerBody;
  friend class AnswerWriter;
  struct Way {
    explicit Way(const async::Executor& executor) : changed(executor) {}
    struct Message {
      TimePoint due;
      std::function<void()> deliver;
    };
    std::deque<Message> queue;
    TimePoint last_due;
    bool is_pumped = false;
    async::Event changed;
  };

  void post(End& from, std::function<void()> deliver);
  [[nodiscard]] static Task<void> pump(std::shared_ptr<Connection> self, Way& way, End& to);
  [[nodiscard]] static Task<void> give_up_later(std::shared_ptr<Connection> self, Duration patience,
                                                std::uint64_t silence);
  void lose(End& end);
  void serve(std::shared_ptr<Stream> stream, ports::HttpRequest head);
  [[nodiscard]] std::vector<Bytes> in_pieces(Bytes chunk);
  [[nodiscard]] End& peer_of(const End& end) { return &end == asker_.get() ? *server_ : *asker_; }

  Simulation& simulation_;
  fakes::SeededRandom& random_;
  const Conditions& conditions_;
  std::unique_ptr<End> asker_;
  std::unique_ptr<End> server_;
  ports::HttpHandler& handler_;
  Way to_server_;
  Way to_asker_;
  bool is_silent_ = false;
  bool is_refusing_ = false;
  std::uint64_t silences_ = 0;
  std::uint64_t next_stream_ = 0;
  std::map<std::uint64_t, std::weak_ptr<Stream>> streams_;
  std::size_t asked_ = 0;
  std::size_t served_ = 0;
};

}  // namespace cocoon::sim
