#include "sim/connection.h"

#include <optional>

#include "async/race.h"
#include "sim/stream.h"

namespace cocoon::sim {

using ports::HttpError;

Connection::Connection(Simulation& simulation, fakes::SeededRandom& random,
                       const Conditions& conditions, std::unique_ptr<End> asker,
                       std::unique_ptr<End> server, ports::HttpHandler& handler)
    : simulation_(simulation),
      random_(random),
      conditions_(conditions),
      asker_(std::move(asker)),
      server_(std::move(server)),
      handler_(handler),
      to_server_(simulation.executor()),
      to_asker_(simulation.executor()) {}

void Connection::post(End& from, std::function<void()> deliver) {
  End& to = peer_of(from);
  if (from.state == End::State::kLost || to.state == End::State::kLost) return;
  Way& way = &to == server_.get() ? to_server_ : to_asker_;
  const Duration late =
      conditions_.latency + Duration(static_cast<std::int64_t>(random_.below(
                                static_cast<std::uint64_t>(conditions_.jitter.count()) + 1)));
  way.last_due = std::max(way.last_due, simulation_.clock().now() + late);
  way.queue.push_back({way.last_due, std::move(deliver)});
  if (way.is_pumped) return;
  way.is_pumped = true;
  simulation_.spawn(pump(shared_from_this(), way, to));
}

Task<void> Connection::pump(std::shared_ptr<Connection> self, Way& way, End& to) {
  while (!way.queue.empty() && to.state == End::State::kUp) {
    if (self->is_silent_) {
      co_await way.changed.wait();
    } else if (self->simulation_.clock().now() < way.queue.front().due) {
      co_await self->simulation_.clock().sleep_until(way.queue.front().due);
    } else {
      const auto deliver = std::move(way.queue.front().deliver);
      way.queue.pop_front();
      deliver();
    }
  }
  way.queue.clear();
  way.is_pumped = false;
}

void Connection::lose(End& end) {
  if (end.state == End::State::kLost) return;
  end.state = End::State::kLost;
  (&end == server_.get() ? to_server_ : to_asker_).queue.clear();
  for (const auto& [number, weak] : streams_) {
    const auto stream = weak.lock();
    if (stream) stream->lose(&end == asker_.get() ? Stream::Side::kAsker : Stream::Side::kServer);
  }
  end.changed.notify();
  to_server_.changed.notify();
  to_asker_.changed.notify();
}

void Connection::leave(End& end) {
  // The last thing the other end hears.
  post(end, [self = shared_from_this(), &end] { self->lose(self->peer_of(end)); });
  lose(end);
}

void Connection::go_silent(Duration patience) {
  if (is_silent_) return;
  is_silent_ = true;
  simulation_.spawn(give_up_later(shared_from_this(), patience, ++silences_));
}

Task<void> Connection::give_up_later(std::shared_ptr<Connection> self, Duration patience,
                                     std::uint64_t silence) {
  co_await self->simulation_.clock().sleep_for(patience);
  if (self->is_silent_ && self->silences_ == silence) self->tear();
}

void Connection::resume() {
  is_silent_ = false;
  to_server_.changed.notify();
  to_asker_.changed.notify();
}

void Connection::tear() {
  lose(*asker_);
  lose(*server_);
}

Task<void> Connection::wait_lost(End& end) {
  const auto self = shared_from_this();
  while (end.state == End::State::kUp) co_await end.changed.wait();
}

Task<void> Connection::wait_idle() {
  const auto self = shared_from_this();
  while (served_ > 0 && server_->state == End::State::kUp) co_await server_->changed.wait();
}

std::vector<Bytes> Connection::in_pieces(Bytes chunk) {
  const std::size_t count = 1 + random_.below(conditions_.pieces_max);
  if (chunk.size() < count) return {std::move(chunk)};
  std::vector<Bytes> pieces;
  const std::size_t each = chunk.size() / count;
  for (std::size_t i = 0; i < count; ++i) {
    const BytesView rest = BytesView(chunk).subspan(i * each);
    pieces.push_back(to_bytes(i + 1 == count ? rest : rest.first(each)));
  }
  return pieces;
}

namespace {

using Stream = Connection::Stream;

// Sends the request's body as it comes, unless the answer is over before.
Task<void> send_body(std::shared_ptr<Stream> stream, std::unique_ptr<ports::BodyReader> body) {
  const auto is_over = [](std::shared_ptr<Stream> of) -> Task<void> {
    while (of->asker_state == Stream::State::kOpen) co_await of->asker_changed.wait();
  };
  for (;;) {
    auto chunk = co_await async::unless(is_over(stream), body->read());
    if (!chunk) {
      stream->reset_by_asker();
      co_return;
    }
    if (!stream->send_request_piece(*chunk)) co_return;
  }
}

}  // namespace

Task<Result<ports::HttpResponse>> Connection::send(ports::HttpRequest request,
                                                   ports::Deadline head_by) {
  const auto self = shared_from_this();
  if (asker_->state == End::State::kLost) co_return fail(HttpError::kUnreachable, "no connection");
  const bool is_refused = is_refusing_ || random_.below(1000) < conditions_.refusals_permille;
  if (is_refused) {
    co_await asker_->clock->sleep_for(2 * conditions_.latency);
    co_return fail(HttpError::kRefusedStream, "the peer takes no request now");
  }
  const std::uint64_t number = next_stream_++;
  auto stream = std::make_shared<Stream>(self);
  std::erase_if(streams_, [](const auto& entry) { return entry.second.expired(); });
  streams_.emplace(number, stream);
  auto answer = std::make_unique<AnswerBody>(stream);  // from here on, giving up resets the stream
  auto head = std::make_shared<ports::HttpRequest>(ports::HttpRequest{
      .method = request.method, .path = request.path, .headers = request.headers, .body = {}});
  post(*asker_, [self, stream, head] { self->serve(stream, std::move(*head)); });
  async::spawn(asker_->executor, send_body(stream, std::move(request.body)),
               [&simulation = simulation_](std::string_view what) { simulation.note_crash(what); });
  const auto wait_head = [](std::shared_ptr<Stream> of) -> Task<Status> {
    while (!of->status && of->asker_state == Stream::State::kOpen)
      co_await of->asker_changed.wait();
    if (of->status) co_return Status();
    co_return fail(
        of->asker_state == Stream::State::kLost ? HttpError::kUnreachable : HttpError::kBroken,
        "no answer began");
  };
  CO_TRY_VOID(co_await async::with_deadline(*asker_->clock, head_by, wait_head(stream)));
  co_return ports::HttpResponse{
      .status = *stream->status, .headers = stream->headers, .body = std::move(answer)};
}

// Runs where the message arrives: at the server.
void Connection::serve(std::shared_ptr<Stream> stream, ports::HttpRequest head) {
  const auto run = [](std::shared_ptr<Stream> of, ports::HttpHandler& handler,
                      ports::HttpRequest request) -> Task<void> {
    const Stream::Served served(of);
    request.body = std::make_unique<RequestBody>(of);
    AnswerWriter writer(of);
    co_await handler.handle(std::move(request), writer);
    writer.abort();  // unless it ended well
  };
  async::spawn(server_->executor, run(std::move(stream), handler_, std::move(head)),
               [&simulation = simulation_](std::string_view what) { simulation.note_crash(what); });
}

}  // namespace cocoon::sim
