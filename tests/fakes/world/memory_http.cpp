#include "tests/fakes/world/memory_http.h"

#include <algorithm>
#include <set>

#include "async/race.h"

namespace cocoon::fakes {

using ports::HttpError;
using ports::HttpFields;

struct MemoryHttp::Wire {
  Wire(Simulation& in, MemoryHttpSettings with)
      : simulation(in), settings(with), changed(in.executor()) {}

  void note(BytesView bytes) { append(seen, bytes); }
  void note(const HttpFields& fields) {
    for (const ports::HttpField& field : fields) note(as_bytes(field.value));
  }
  void cut();

  Simulation& simulation;
  MemoryHttpSettings settings;
  enum class State : std::uint8_t { kUp, kRefusingNew, kCut } state = State::kUp;
  async::Event changed;
  std::set<Stream*> streams;
  MemoryHttpFaults faults;
  Bytes seen;
};

struct MemoryHttp::Stream {
  explicit Stream(std::shared_ptr<Wire> on)
      : wire(std::move(on)), changed(wire->simulation.executor()) {
    wire->streams.insert(this);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { leave(); }

  // The server has nothing more to do with it.
  void leave() {
    if (wire->streams.erase(this) > 0) wire->changed.notify();
  }
  // Neither side gets anything through any more.
  void reset() {
    if (state != State::kOpen) return;
    state = State::kReset;
    changed.notify();
  }
  [[nodiscard]] bool is_open() const { return state == State::kOpen; }

  std::shared_ptr<Wire> wire;
  async::Event changed;
  enum class State : std::uint8_t { kOpen, kFinished, kReset } state = State::kOpen;
  std::optional<int> status;
  HttpFields headers;
  std::deque<Bytes> pieces;
  std::size_t buffered = 0;
  std::size_t carried = 0;
  HttpFields trailers;
};

void MemoryHttp::Wire::cut() {
  state = State::kCut;
  for (Stream* const stream : streams) stream->reset();
  changed.notify();
}

namespace {

using Stream = MemoryHttp::Stream;

Task<void> wait_reset(std::shared_ptr<Stream> stream) {
  while (stream->state != Stream::State::kReset) co_await stream->changed.wait();
}

// The server's view of the request's body.
class RequestBody final : public ports::BodyReader {
 public:
  RequestBody(std::shared_ptr<Stream> stream, std::unique_ptr<BodyReader> source)
      : stream_(std::move(stream)), source_(std::move(source)) {}

  [[nodiscard]] Task<Result<Bytes>> read() override {
    const std::size_t chunk_max = stream_->wire->settings.chunk_bytes;
    if (rest_.empty()) {
      auto next = co_await async::unless(wait_reset(stream_), source_->read());
      if (!next || stream_->state == Stream::State::kReset)
        co_return fail(HttpError::kBroken, "stream reset");
      rest_ = std::move(*next);
      if (stream_->wire->faults.tamper_request && !rest_.empty())
        stream_->wire->faults.tamper_request(rest_);
    }
    Bytes piece = std::move(rest_);
    rest_.clear();
    if (piece.size() > chunk_max) {
      const auto cut = piece.begin() + static_cast<std::ptrdiff_t>(chunk_max);
      rest_.assign(cut, piece.end());
      piece.erase(cut, piece.end());
    }
    stream_->wire->note(piece);
    co_return piece;
  }
  [[nodiscard]] const HttpFields& trailers() const override { return source_->trailers(); }

 private:
  std::shared_ptr<Stream> stream_;
  std::unique_ptr<BodyReader> source_;
  Bytes rest_;
};

// The client's view of the answer's body.
class AnswerBody final : public ports::BodyReader {
 public:
  explicit AnswerBody(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  AnswerBody(const AnswerBody&) = delete;
  AnswerBody& operator=(const AnswerBody&) = delete;
  ~AnswerBody() override { stream_->reset(); }

  [[nodiscard]] Task<Result<Bytes>> read() override {
    const std::shared_ptr<Stream> stream = stream_;
    for (;;) {
      if (!stream->pieces.empty()) {
        Bytes piece = std::move(stream->pieces.front());
        stream->pieces.pop_front();
        stream->buffered -= piece.size();
        stream->changed.notify();
        co_return piece;
      }
      switch (stream->state) {
        case Stream::State::kFinished:
          co_return Bytes();
        case Stream::State::kReset:
          co_return fail(HttpError::kBroken, "stream reset");
        case Stream::State::kOpen:
          break;
      }
      co_await stream->changed.wait();
    }
  }
  [[nodiscard]] const HttpFields& trailers() const override { return stream_->trailers; }

 private:
  std::shared_ptr<Stream> stream_;
};

class AnswerWriter final : public ports::ResponseWriter {
 public:
  explicit AnswerWriter(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}

  [[nodiscard]] Status head(int status, HttpFields headers) override {
    if (!stream_->is_open()) return closed();
    if (stream_->status) return fail(HttpError::kProtocol, "a second head");
    stream_->status = status;
    stream_->headers = std::move(headers);
    stream_->wire->note(stream_->headers);
    stream_->changed.notify();
    return {};
  }
  [[nodiscard]] Task<Status> write(Bytes chunk) override {
    const std::shared_ptr<Stream> stream = stream_;
    if (!stream->status) co_return fail(HttpError::kProtocol, "a body without a head");
    for (std::size_t at = 0; at < chunk.size() && stream->is_open();
         at += stream->wire->settings.chunk_bytes) {
      const std::size_t size = std::min(chunk.size() - at, stream->wire->settings.chunk_bytes);
      put(to_bytes(BytesView(chunk).subspan(at, size)));
    }
    while (stream->is_open() && stream->buffered > stream->wire->settings.window_bytes) {
      co_await stream->changed.wait();
    }
    if (!stream->is_open()) co_return closed();
    co_return Status();
  }
  [[nodiscard]] Task<Status> finish(HttpFields trailers) override {
    if (!stream_->is_open()) co_return closed();
    if (!stream_->status) co_return fail(HttpError::kProtocol, "an end without a head");
    stream_->wire->note(trailers);
    stream_->trailers = std::move(trailers);
    stream_->state = Stream::State::kFinished;
    stream_->changed.notify();
    co_return Status();
  }
  void abort() override { stream_->reset(); }
  [[nodiscard]] Task<void> wait_closed() override { return wait_reset(stream_); }

 private:
  [[nodiscard]] static Status closed() { return fail(HttpError::kBroken, "the peer is gone"); }
  void put(Bytes piece) {
    MemoryHttp::Wire& wire = *stream_->wire;
    const auto limit = wire.faults.cut_after_answer_bytes;
    const bool is_cut = limit && stream_->carried + piece.size() >= *limit;
    if (is_cut) piece.resize(*limit - stream_->carried);
    if (wire.faults.tamper_answer) wire.faults.tamper_answer(piece);
    wire.note(piece);
    stream_->carried += piece.size();
    stream_->buffered += piece.size();
    if (!piece.empty()) stream_->pieces.push_back(std::move(piece));
    stream_->changed.notify();
    if (is_cut) wire.cut();
  }
  std::shared_ptr<Stream> stream_;
};

Task<void> serve(ports::HttpHandler& server, std::shared_ptr<Stream> stream,
                 ports::HttpRequest request) {
  request.body = std::make_unique<RequestBody>(stream, std::move(request.body));
  AnswerWriter writer(stream);
  co_await server.handle(std::move(request), writer);
  stream->reset();  // unless it ended well
  stream->leave();
}

Task<Status> wait_head(std::shared_ptr<Stream> stream) {
  while (!stream->status && stream->is_open()) co_await stream->changed.wait();
  if (stream->status) co_return Status();
  const bool is_cut = stream->wire->state == MemoryHttp::Wire::State::kCut;
  co_return fail(is_cut ? HttpError::kUnreachable : HttpError::kBroken, "no answer began");
}

}  // namespace

MemoryHttp::MemoryHttp(Simulation& simulation, ports::HttpHandler& server,
                       MemoryHttpSettings settings)
    : simulation_(simulation),
      server_(server),
      wire_(std::make_shared<Wire>(simulation, settings)) {}

MemoryHttp::~MemoryHttp() { wire_->cut(); }

Task<Result<ports::HttpResponse>> MemoryHttp::send(ports::HttpRequest request,
                                                   ports::Deadline head_by) {
  switch (wire_->state) {
    case Wire::State::kUp:
      break;
    case Wire::State::kRefusingNew:
      co_return fail(HttpError::kRefusedStream, "the peer takes no more requests");
    case Wire::State::kCut:
      co_return fail(HttpError::kUnreachable, "no connection");
  }
  wire_->note(as_bytes(request.path));
  wire_->note(request.headers);
  auto stream = std::make_shared<Stream>(wire_);
  // From here on, giving up resets the stream.
  auto body = std::make_unique<AnswerBody>(stream);
  Simulation& simulation = simulation_;
  async::spawn(simulation.executor(), serve(server_, stream, std::move(request)),
               [&simulation, stream](std::string_view what) {
                 simulation.note_crash(what);
                 stream->reset();
                 stream->leave();
               });
  CO_TRY_VOID(co_await async::with_deadline(simulation.clock(), head_by, wait_head(stream)));
  co_return ports::HttpResponse{
      .status = *stream->status, .headers = stream->headers, .body = std::move(body)};
}

void MemoryHttp::cut() { wire_->cut(); }
void MemoryHttp::restore() { wire_->state = Wire::State::kUp; }
bool MemoryHttp::is_up() const { return wire_->state != Wire::State::kCut; }
void MemoryHttp::refuse_new() {
  if (is_up()) wire_->state = Wire::State::kRefusingNew;
}
std::size_t MemoryHttp::under_way() const { return wire_->streams.size(); }
MemoryHttpFaults& MemoryHttp::faults() { return wire_->faults; }
const Bytes& MemoryHttp::seen() const { return wire_->seen; }

Task<void> MemoryHttp::wait_cut() {
  const std::shared_ptr<Wire> wire = wire_;
  while (wire->state != Wire::State::kCut) co_await wire->changed.wait();
}

Task<void> MemoryHttp::wait_idle() {
  const std::shared_ptr<Wire> wire = wire_;
  while (!wire->streams.empty()) co_await wire->changed.wait();
}

Task<Result<WholeAnswer>> exchange(ports::HttpClient& client, async::Clock& clock,
                                   std::string method, std::string path, HttpFields headers,
                                   Bytes body) {
  CO_TRY(ports::HttpResponse response,
         co_await client.send({.method = std::move(method),
                               .path = std::move(path),
                               .headers = std::move(headers),
                               .body = ports::body_of(std::move(body))},
                              clock.in(std::chrono::hours(1))));
  CO_TRY(Bytes all, co_await ports::read_all(*response.body, std::size_t{1} << 30U));
  co_return WholeAnswer{.status = response.status,
                        .headers = std::move(response.headers),
                        .body = std::move(all),
                        .trailers = response.body->trailers()};
}

Task<Result<Bytes>> SlowBody::read() {
  if (!pieces_.empty()) {
    Piece piece = std::move(pieces_.front());
    pieces_.pop_front();
    if (piece.after > Duration::zero()) co_await simulation_.clock().sleep_for(piece.after);
    co_return std::move(piece.bytes);
  }
  switch (end_) {
    case End::kOrderly:
      break;
    case End::kBroken:
      co_return fail(HttpError::kBroken, "the sender is gone");
    case End::kNever:
      co_await simulation_.clock().sleep_for(std::chrono::hours(24 * 365));
  }
  co_return Bytes();
}

}  // namespace cocoon::fakes
