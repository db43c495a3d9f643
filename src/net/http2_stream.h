#pragma once

#include <deque>
#include <memory>
#include <string>

#include "async/cancel.h"
#include "async/event.h"
#include "ports/http.h"

// Inside this room: one request and its answer on an HTTP/2 session.
namespace cocoon::net {

class Http2Session;

// How a stream ended.
enum class StreamEnd : std::uint8_t {
  kOpen,
  kFinished,  // both sides said all they had to
  kRefused,   // the peer did not process it
  kReset,     // by either side
  kTooLarge,  // the peer's header block was over the bound
  kLost,      // the connection is gone
};

// Shared by the session, the body reader and the response writer (or the upload) of one stream;
// safe to use after the session ended.
class Http2Stream : public std::enable_shared_from_this<Http2Stream> {
 public:
  Http2Stream(const async::Executor& executor, std::weak_ptr<Http2Session> session,
              async::Duration output_stall_max);
  ~Http2Stream();
  Http2Stream(const Http2Stream&) = delete;
  Http2Stream& operator=(const Http2Stream&) = delete;

  // What came in.
  struct Head {
    int status = 0;
    std::string method;
    std::string path;
    std::string authority;
    ports::HttpFields fields;
  };
  Head head;
  bool head_done = false;
  ports::HttpFields trailers;
  std::size_t header_bytes = 0;
  std::int32_t id = 0;
  bool not_sent = false;  // the request never left this machine

  // For the session's callbacks.
  void on_data(BytesView chunk);
  void on_input_end();
  void on_head();
  void on_closed(StreamEnd end);
  // Moves up to `into.size()` bytes out of the queue of what is to be sent.
  std::size_t take_output(MutableBytesView into);
  [[nodiscard]] bool output_ended() const { return output_finished_ && output_bytes_ == 0; }
  [[nodiscard]] bool has_output() const { return output_bytes_ > 0; }
  void on_output_end_sent();
  bool output_waits = false;  // the session asked for data and there was none
  ports::HttpFields output_trailers;

  // For the reading side.
  [[nodiscard]] async::Task<Result<Bytes>> read();
  [[nodiscard]] async::Task<Status> wait_head(async::Deadline head_by);
  [[nodiscard]] bool is_input_ready() const {
    return !input_.empty() || input_ended_ || !is_open();
  }
  void drop_reader();

  // For the writing side.
  [[nodiscard]] async::Task<Status> write(Bytes chunk);
  [[nodiscard]] async::Task<Status> finish(ports::HttpFields fields);
  [[nodiscard]] bool output_finished() const { return output_finished_; }
  [[nodiscard]] async::Task<void> wait_closed();

  void reset(std::uint32_t http2_error_code);
  [[nodiscard]] StreamEnd end() const { return end_; }
  [[nodiscard]] bool is_open() const { return end_ == StreamEnd::kOpen; }
  [[nodiscard]] bool input_ended() const { return input_ended_; }
  [[nodiscard]] bool reader_dropped() const { return reader_dropped_; }
  [[nodiscard]] std::shared_ptr<Http2Session> session() const { return session_.lock(); }

  // Ends the coroutine that feeds this stream's output: a request's upload, or a handler that we
  // stop for good.
  const std::shared_ptr<async::Canceller> feeder = std::make_shared<async::Canceller>();

 private:
  [[nodiscard]] std::unexpected<Error> broken() const;
  // Returns when the peer took something; resets the stream if it took nothing for too long.
  [[nodiscard]] async::Task<void> wait_output();
  void note_output_moved();
  // Tells the session how much this stream holds in memory.
  void account();

  std::weak_ptr<Http2Session> session_;
  StreamEnd end_ = StreamEnd::kOpen;

  Bytes input_;
  bool input_ended_ = false;
  bool reader_dropped_ = false;
  async::Event input_changed_;
  std::size_t accounted_ = 0;

  std::deque<Bytes> output_;
  std::size_t output_offset_ = 0;  // into the first chunk
  std::size_t output_bytes_ = 0;
  bool output_finished_ = false;  // finish() was called
  bool output_end_sent_ = false;  // and everything up to the end has left for the writer
  const async::Duration output_stall_max_;
  async::TimePoint
      output_moved_;              // when the peer last took a good piece, or there was none to take
  std::size_t output_taken_ = 0;  // since then
  async::Event output_changed_;
  async::Event closed_;
};

[[nodiscard]] std::unique_ptr<ports::BodyReader> make_body_reader(
    std::shared_ptr<Http2Stream> stream);

class Http2ResponseWriter final : public ports::ResponseWriter {
 public:
  explicit Http2ResponseWriter(std::shared_ptr<Http2Stream> stream) : stream_(std::move(stream)) {}
  [[nodiscard]] Status head(int status, ports::HttpFields headers) override;
  [[nodiscard]] async::Task<Status> write(Bytes chunk) override;
  [[nodiscard]] async::Task<Status> finish(ports::HttpFields trailers) override;
  void abort() override;
  [[nodiscard]] async::Task<void> wait_closed() override;

 private:
  std::shared_ptr<Http2Stream> stream_;
  bool head_sent_ = false;
};

}  // namespace cocoon::net
