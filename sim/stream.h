#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "sim/connection.h"

namespace cocoon::sim {

// One request and its answer. Each side has its own view, which only messages that arrived change.
struct Connection::Stream : std::enable_shared_from_this<Connection::Stream> {
  enum class Side : std::uint8_t { kAsker, kServer };
  enum class State : std::uint8_t { kOpen, kFinished, kReset, kLost };

  explicit Stream(std::shared_ptr<Connection> on)
      : connection(std::move(on)),
        asker_changed(connection->asker_->executor),
        server_changed(connection->server_->executor) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() = default;

  // Counts a handler while it runs.
  class Served {
   public:
    explicit Served(std::shared_ptr<Stream> stream);
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;
    ~Served();

   private:
    std::shared_ptr<Stream> stream_;
  };

  void lose(Side side);
  void reset_by_asker();
  void reset_by_server();
  // An empty piece is the end. False if the asker is done with the stream.
  [[nodiscard]] bool send_request_piece(const Bytes& chunk);
  void send_answer_head(int with_status, ports::HttpFields with_headers);
  void send_answer_piece(Bytes piece);
  void send_answer_end(ports::HttpFields with_trailers);
  void acknowledge(std::size_t bytes);
  void end_asker(State state);
  void end_server(State state);

  std::shared_ptr<Connection> connection;

  // What the asker knows.
  State asker_state = State::kOpen;
  std::optional<int> status;
  ports::HttpFields headers;
  std::deque<Bytes> pieces;
  ports::HttpFields trailers;
  async::Event asker_changed;

  // What the server knows.
  State server_state = State::kOpen;
  enum class Body : std::uint8_t { kArriving, kWhole } body = Body::kArriving;
  std::deque<Bytes> body_pieces;
  bool is_head_sent = false;
  std::size_t unacknowledged = 0;
  async::Event server_changed;
};

// The asker's view of the answer.
class AnswerBody final : public ports::BodyReader {
 public:
  explicit AnswerBody(std::shared_ptr<Connection::Stream> stream);
  AnswerBody(const AnswerBody&) = delete;
  AnswerBody& operator=(const AnswerBody&) = delete;
  ~AnswerBody() override;
  [[nodiscard]] Task<Result<Bytes>> read() override;
  [[nodiscard]] const ports::HttpFields& trailers() const override { return stream_->trailers; }

 private:
  std::shared_ptr<Connection::Stream> stream_;
};

// The server's view of the request's body.
class RequestBody final : public ports::BodyReader {
 public:
  explicit RequestBody(std::shared_ptr<Connection::Stream> stream) : stream_(std::move(stream)) {}
  [[nodiscard]] Task<Result<Bytes>> read() override;
  [[nodiscard]] const ports::HttpFields& trailers() const override { return none_; }

 private:
  std::shared_ptr<Connection::Stream> stream_;
  ports::HttpFields none_;
};

class AnswerWriter final : public ports::ResponseWriter {
 public:
  explicit AnswerWriter(std::shared_ptr<Connection::Stream> stream) : stream_(std::move(stream)) {}
  [[nodiscard]] Status head(int status, ports::HttpFields headers) override;
  [[nodiscard]] Task<Status> write(Bytes chunk) override;
  [[nodiscard]] Task<Status> finish(ports::HttpFields trailers) override;
  void abort() override { stream_->reset_by_server(); }
  [[nodiscard]] Task<void> wait_closed() override;

 private:
  std::shared_ptr<Connection::Stream> stream_;
};

}  // namespace cocoon::sim
