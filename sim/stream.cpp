#include "sim/stream.h"

namespace cocoon::sim {

using ports::HttpError;
using ports::HttpFields;
using Stream = Connection::Stream;

Stream::Served::Served(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {
  ++stream_->connection->served_;
}

Stream::Served::~Served() {
  --stream_->connection->served_;
  stream_->connection->server_->changed.notify();
}

void Stream::end_asker(State state) {
  if (asker_state != State::kOpen) return;
  asker_state = state;
  asker_changed.notify();
}

void Stream::end_server(State state) {
  if (server_state != State::kOpen) return;
  server_state = state;
  server_changed.notify();
}

void Stream::lose(Side side) {
  switch (side) {
    case Side::kAsker:
      return end_asker(State::kLost);
    case Side::kServer:
      return end_server(State::kLost);
  }
}

void Stream::reset_by_asker() {
  if (asker_state != State::kOpen) return;
  connection->post(*connection->asker_,
                   [self = shared_from_this()] { self->end_server(State::kReset); });
  end_asker(State::kReset);
}

void Stream::reset_by_server() {
  if (server_state != State::kOpen) return;
  connection->post(*connection->server_,
                   [self = shared_from_this()] { self->end_asker(State::kReset); });
  end_server(State::kReset);
}

bool Stream::send_request_piece(const Bytes& chunk) {
  if (asker_state != State::kOpen) return false;
  if (chunk.empty()) {
    connection->post(*connection->asker_, [self = shared_from_this()] {
      self->body = Body::kWhole;
      self->server_changed.notify();
    });
    return false;
  }
  for (Bytes& piece : connection->in_pieces(chunk)) {
    connection->post(*connection->asker_,
                     [self = shared_from_this(), piece = std::move(piece)]() mutable {
                       self->body_pieces.push_back(std::move(piece));
                       self->server_changed.notify();
                     });
  }
  return true;
}

void Stream::send_answer_head(int with_status, HttpFields with_headers) {
  is_head_sent = true;
  connection->post(*connection->server_, [self = shared_from_this(), with_status,
                                          with_headers = std::move(with_headers)]() mutable {
    if (self->asker_state != State::kOpen) return;
    self->status = with_status;
    self->headers = std::move(with_headers);
    self->asker_changed.notify();
  });
}

void Stream::send_answer_piece(Bytes piece) {
  unacknowledged += piece.size();
  connection->post(*connection->server_,
                   [self = shared_from_this(), piece = std::move(piece)]() mutable {
                     if (self->asker_state != State::kOpen) return;
                     self->pieces.push_back(std::move(piece));
                     self->asker_changed.notify();
                   });
}

void Stream::send_answer_end(HttpFields with_trailers) {
  connection->post(*connection->server_,
                   [self = shared_from_this(), with_trailers = std::move(with_trailers)]() mutable {
                     if (self->asker_state == State::kOpen)
                       self->trailers = std::move(with_trailers);
                     self->end_asker(State::kFinished);
                   });
  end_server(State::kFinished);
}

void Stream::acknowledge(std::size_t bytes) {
  connection->post(*connection->asker_, [self = shared_from_this(), bytes] {
    self->unacknowledged -= bytes;
    self->server_changed.notify();
  });
}

AnswerBody::AnswerBody(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {
  ++stream_->connection->asked_;
}

AnswerBody::~AnswerBody() {
  stream_->reset_by_asker();
  --stream_->connection->asked_;
}

Task<Result<Bytes>> AnswerBody::read() {
  const std::shared_ptr<Stream> stream = stream_;
  for (;;) {
    if (!stream->pieces.empty()) {
      Bytes piece = std::move(stream->pieces.front());
      stream->pieces.pop_front();
      stream->acknowledge(piece.size());
      co_return piece;
    }
    switch (stream->asker_state) {
      case Stream::State::kFinished:
        co_return Bytes();
      case Stream::State::kReset:
      case Stream::State::kLost:
        co_return fail(HttpError::kBroken, "the stream broke");
      case Stream::State::kOpen:
        break;
    }
    co_await stream->asker_changed.wait();
  }
}

Task<Result<Bytes>> RequestBody::read() {
  const std::shared_ptr<Stream> stream = stream_;
  for (;;) {
    if (!stream->body_pieces.empty()) {
      Bytes piece = std::move(stream->body_pieces.front());
      stream->body_pieces.pop_front();
      co_return piece;
    }
    if (stream->body == Stream::Body::kWhole) co_return Bytes();
    if (stream->server_state != Stream::State::kOpen)
      co_return fail(HttpError::kBroken, "the stream broke");
    co_await stream->server_changed.wait();
  }
}

Status AnswerWriter::head(int status, HttpFields headers) {
  if (stream_->server_state != Stream::State::kOpen)
    return fail(HttpError::kBroken, "the peer is gone");
  if (stream_->is_head_sent) return fail(HttpError::kProtocol, "a second head");
  stream_->send_answer_head(status, std::move(headers));
  return {};
}

Task<Status> AnswerWriter::write(Bytes chunk) {
  const std::shared_ptr<Stream> stream = stream_;
  if (!stream->is_head_sent) co_return fail(HttpError::kProtocol, "a body without a head");
  if (stream->server_state == Stream::State::kOpen) {
    for (Bytes& piece : stream->connection->in_pieces(std::move(chunk)))
      stream->send_answer_piece(std::move(piece));
  }
  while (stream->server_state == Stream::State::kOpen &&
         stream->unacknowledged > stream->connection->conditions_.window_bytes) {
    co_await stream->server_changed.wait();
  }
  if (stream->server_state != Stream::State::kOpen)
    co_return fail(HttpError::kBroken, "the peer is gone");
  co_return Status();
}

Task<Status> AnswerWriter::finish(HttpFields trailers) {
  if (stream_->server_state != Stream::State::kOpen)
    co_return fail(HttpError::kBroken, "the peer is gone");
  if (!stream_->is_head_sent) co_return fail(HttpError::kProtocol, "an end without a head");
  stream_->send_answer_end(std::move(trailers));
  co_return Status();
}

Task<void> AnswerWriter::wait_closed() {
  const std::shared_ptr<Stream> stream = stream_;
  while (stream->server_state == Stream::State::kOpen ||
         stream->server_state == Stream::State::kFinished) {
    co_await stream->server_changed.wait();
  }
}

}  // namespace cocoon::sim
