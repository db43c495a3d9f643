#pragma once

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "async/event.h"
#include "net/buffer_budget.h"
#include "net/http2_stream.h"
#include "net/limits.h"
#include "net/tls.h"
#include "ports/http.h"

struct nghttp2_session;

// Inside this room: one HTTP/2 connection.
namespace cocoon::net {

enum class SessionEnd : std::uint8_t { kAsks, kServes };

// Drives one nghttp2 session over one TLS channel: a coroutine reads, one writes (what became ready
// in one turn of the loop leaves in one TLS record of at most 16 KiB), one watches that the peer
// lives. Each holds the session until it is closed. nghttp2's callbacks only take notes; coroutines
// of others are started and cancelled after they returned.
class Http2Session final : public ports::HttpClient,
                           public std::enable_shared_from_this<Http2Session> {
 public:
  // `handler`, for the serving end, outlives every request.
  [[nodiscard]] static Result<std::shared_ptr<Http2Session>> start(
      const async::Executor& executor, std::shared_ptr<TlsChannel> channel, SessionEnd end,
      ports::HttpHandler* handler, Http2Limits limits);
  ~Http2Session() override;

  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override;
  [[nodiscard]] bool is_open() const { return !closed_; }
  [[nodiscard]] bool takes_requests() const;
  [[nodiscard]] std::size_t streams() const { return streams_.size(); }
  [[nodiscard]] const std::string& network() const { return channel_->network(); }
  // Nothing is asked or answered here, since then.
  [[nodiscard]] std::optional<async::TimePoint> idle_since() const;
  // What its streams hold in memory; from now on also counted in `budget`.
  void count_in(std::shared_ptr<BufferBudget> budget);
  [[nodiscard]] std::size_t buffered_bytes() const { return buffered_bytes_; }
  // What its requests carry as HttpRequest::peer.
  void set_peer(std::uint32_t peer) { peer_ = peer; }
  [[nodiscard]] const std::string& remote() const { return channel_->remote(); }
  [[nodiscard]] async::Task<void> wait_closed();
  [[nodiscard]] async::Task<void> wait_refusing();
  [[nodiscard]] async::Task<void> drain(async::Deadline deadline);
  // By our own will: handlers are cancelled too.
  void close();

  // For streams.
  [[nodiscard]] Status submit_head(Http2Stream& stream, int status,
                                   const ports::HttpFields& headers);
  void consumed(std::int32_t stream_id, std::size_t bytes);
  void consumed_unread(
      std::size_t bytes);  // of a stream nobody reads: only the connection's window grows again
  void output_ready(Http2Stream& stream);
  void reset(Http2Stream& stream, std::uint32_t http2_error_code);
  void reader_dropped(Http2Stream& stream);
  void account(std::size_t bytes_before, std::size_t bytes_now);

 private:
  friend struct Http2Callbacks;
  using Stream = std::shared_ptr<Http2Stream>;

  Http2Session(async::Executor executor, std::shared_ptr<TlsChannel> channel, SessionEnd end,
               ports::HttpHandler* handler, Http2Limits limits);
  [[nodiscard]] Status open();

  [[nodiscard]] static async::Task<void> run_reader(std::shared_ptr<Http2Session> self);
  [[nodiscard]] static async::Task<void> run_writer(std::shared_ptr<Http2Session> self);
  [[nodiscard]] static async::Task<void> run_keeper(std::shared_ptr<Http2Session> self);
  [[nodiscard]] static async::Task<void> serve(std::shared_ptr<Http2Session> self, Stream stream);
  [[nodiscard]] static async::Task<void> upload(Stream stream,
                                                std::unique_ptr<ports::BodyReader> body);

  [[nodiscard]] Result<Stream> submit(const ports::HttpRequest& request);
  void start_handler(Stream stream);
  void handler_ended(Http2Stream& stream);
  // What callbacks noted down.
  void after_callbacks();
  void kick();  // there may be something to write
  // Everything that is ready to be written, at most one TLS record; `rest` is what did not fit.
  void gather(Bytes& record, BytesView& rest);
  void note_control_frame();
  void note_reset();
  void enhance_your_calm();
  void stop_taking();
  // The connection is gone.
  void lost();
  // Returns when `done` holds, the connection is gone or the deadline passed.
  [[nodiscard]] static async::Task<void> wait_for(std::shared_ptr<Http2Session> self,
                                                  std::function<bool()> done,
                                                  async::Deadline deadline);
  [[nodiscard]] static async::Task<void> wait_for(std::shared_ptr<Http2Session> self,
                                                  std::function<bool()> done);

  async::Executor executor_;
  std::shared_ptr<TlsChannel> channel_;
  SessionEnd end_;
  ports::HttpHandler* handler_;
  std::uint32_t peer_ = 0;
  Http2Limits limits_;
  nghttp2_session* session_ = nullptr;

  std::map<std::int32_t, Stream> streams_;
  std::vector<Stream> to_start_;             // requests that came in
  std::vector<Stream> to_cancel_;            // streams that ended while an upload feeds them
  std::map<Http2Stream*, Stream> handlers_;  // whose handler is alive
  std::shared_ptr<BufferBudget> budget_;
  std::size_t buffered_bytes_ = 0;

  bool closed_ = false;
  bool doomed_ = false;    // only what is queued goes out, then the connection is closed
  bool draining_ = false;  // we take and start no new stream
  bool refusing_ = false;  // the peer does not
  bool pong_ = false;
  async::Event output_;
  bool writer_idle_ = false;
  async::Event keeper_;
  async::Event changed_;         // closed, refusing, a stream or a handler less
  async::TimePoint last_ended_;  // a stream or a handler
  async::TimePoint last_received_;
  async::TimePoint write_began_ = async::TimePoint::max();
  async::TimePoint flood_since_;
  std::uint32_t resets_ = 0;
  std::uint32_t control_frames_ = 0;
};

}  // namespace cocoon::net
