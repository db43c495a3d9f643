#include "net/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/check.h"
#include "net/error.h"
#include "net/http2_callbacks.h"
#include "net/http2_fields.h"

namespace cocoon::net {

using async::Task;
using ports::HttpError;
using std::chrono::steady_clock;

namespace {

// How long an orderly end waits for the peer: for its acknowledgement, then for its own end.
constexpr async::Duration kGoodbyeTimeout = std::chrono::seconds(1);

Status check(int nghttp2_result) {
  if (nghttp2_result == 0) return {};
  return fail(NetError::kLibrary, std::string("nghttp2: ") + nghttp2_strerror(nghttp2_result));
}

bool has_body(const ports::HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

}  // namespace

Http2Session::Http2Session(async::Executor executor, std::shared_ptr<TlsChannel> channel,
                           SessionEnd end, ports::HttpHandler* handler, Http2Limits limits)
    : executor_(std::move(executor)),
      channel_(std::move(channel)),
      end_(end),
      handler_(handler),
      limits_(limits),
      output_(executor_),
      keeper_(executor_),
      changed_(executor_),
      last_received_(steady_clock::now()),
      flood_since_(last_received_) {}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

Result<std::shared_ptr<Http2Session>> Http2Session::start(async::Executor executor,
                                                          std::shared_ptr<TlsChannel> channel,
                                                          SessionEnd end,
                                                          ports::HttpHandler* handler,
                                                          Http2Limits limits) {
  const std::shared_ptr<Http2Session> session(
      new Http2Session(executor, std::move(channel), end, handler, limits));
  TRY_VOID(session->open());
  const auto on_crash = [weak = std::weak_ptr(session)](std::string_view) {
    if (const auto held = weak.lock()) held->lost();
  };
  async::spawn(executor, run_reader(session), on_crash);
  async::spawn(executor, run_writer(session), on_crash);
  async::spawn(executor, run_keeper(session), on_crash);
  return session;
}

Status Http2Session::open() {
  TRY(session_, Http2Callbacks::new_session(*this));
  std::vector<nghttp2_settings_entry> settings = {
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits_.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits_.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits_.header_list_bytes_max}};
  if (end_ == SessionEnd::kAsks) settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  TRY_VOID(check(
      nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size())));
  return check(nghttp2_session_set_local_window_size(
      session_, NGHTTP2_FLAG_NONE, 0, static_cast<std::int32_t>(limits_.connection_window_bytes)));
}

// ---- the three coroutines

Task<void> Http2Session::run_reader(std::shared_ptr<Http2Session> self) {
  std::vector<std::byte> buffer(16 * 1024);
  while (!self->closed_) {
    const auto length = co_await self->channel_->read_some(buffer);
    if (!length || *length == 0) break;
    self->last_received_ = steady_clock::now();
    if (self->doomed_) continue;
    const ssize_t used = nghttp2_session_mem_recv(
        self->session_, reinterpret_cast<const std::uint8_t*>(buffer.data()), *length);
    self->after_callbacks();
    if (used < 0) break;
    self->kick();
  }
  self->lost();
}

void Http2Session::gather(Bytes& record, BytesView& rest) {
  constexpr std::size_t kRecordBytesMax = 16 * 1024;
  record.clear();
  while (record.size() < kRecordBytesMax) {
    if (rest.empty()) {
      const std::uint8_t* data = nullptr;
      const ssize_t length = nghttp2_session_mem_send(session_, &data);
      if (length < 0) doomed_ = true;
      if (length <= 0) return;
      rest = std::as_bytes(std::span(data, static_cast<std::size_t>(length)));
    }
    const BytesView part = rest.first(std::min(rest.size(), kRecordBytesMax - record.size()));
    append(record, part);
    rest = rest.subspan(part.size());
  }
}

Task<void> Http2Session::run_writer(std::shared_ptr<Http2Session> self) {
  Bytes record;
  record.reserve(16 * 1024);
  BytesView rest;
  while (!self->closed_) {
    self->gather(record, rest);
    self->after_callbacks();
    if (record.empty()) {
      const bool over = nghttp2_session_want_read(self->session_) == 0 &&
                        nghttp2_session_want_write(self->session_) == 0;
      if (over || self->doomed_) break;
      self->writer_idle_ = true;
      co_await self->output_.wait();
      self->writer_idle_ = false;
      continue;
    }
    self->write_began_ = steady_clock::now();
    const Status written = co_await self->channel_->write(record);
    self->write_began_ = async::TimePoint::max();
    if (!written) break;
  }
  if (self->closed_) co_return;
  self->doomed_ = true;
  self->stop_taking();
  self->channel_->shutdown_write();
  co_await wait_for(self, [] { return false; }, steady_clock::now() + kGoodbyeTimeout);
  self->lost();
}

Task<void> Http2Session::run_keeper(std::shared_ptr<Http2Session> self) {
  const Http2Limits& limits = self->limits_;
  while (!self->closed_) {
    co_await self->keeper_.wait_until(std::max(self->last_received_ + limits.ping_interval,
                                               steady_clock::now() + limits.ping_interval / 8));
    if (self->closed_) co_return;
    const auto now = steady_clock::now();
    if (self->write_began_ < now &&
        now - self->write_began_ > limits.ping_interval + limits.ping_timeout)
      break;
    if (now - self->last_received_ < limits.ping_interval) continue;
    if (nghttp2_submit_ping(self->session_, NGHTTP2_FLAG_NONE, nullptr) != 0) break;
    self->kick();
    co_await self->keeper_.wait_until(now + limits.ping_timeout);
    if (self->last_received_ < now) break;
  }
  self->lost();
}

Task<void> Http2Session::serve(std::shared_ptr<Http2Session> self, Stream stream) {
  Http2ResponseWriter writer(stream);
  ports::HttpRequest request{.method = std::move(stream->head.method),
                             .path = std::move(stream->head.path),
                             .headers = std::move(stream->head.fields),
                             .body = make_body_reader(stream)};
  if (!stream->head.authority.empty()) {
    request.headers.push_back({.name = "host", .value = std::move(stream->head.authority)});
  }
  co_await self->handler_->handle(std::move(request), writer);
}

Task<void> Http2Session::upload(Stream stream, std::unique_ptr<ports::BodyReader> body) {
  for (;;) {
    auto chunk = co_await body->read();
    if (!chunk) {
      stream->reset(NGHTTP2_CANCEL);
      co_return;
    }
    if (chunk->empty()) break;
    const Status written = co_await stream->write(std::move(*chunk));
    if (!written) co_return;
  }
  (void)co_await stream->finish(body->trailers());
}

// ---- notes of the callbacks

void Http2Session::after_callbacks() {
  for (Stream& stream : std::exchange(to_cancel_, {})) stream->feeder->cancel();
  for (Stream& stream : std::exchange(to_start_, {})) {
    if (!stream->is_open()) continue;
    if (stream->head.path.starts_with('/')) {
      start_handler(std::move(stream));
    } else {
      stream->reset(NGHTTP2_PROTOCOL_ERROR);
    }
  }
}

void Http2Session::start_handler(Stream stream) {
  handlers_.emplace(stream.get(), stream);
  async::spawn_cancellable(
      executor_, serve(shared_from_this(), stream), stream->feeder,
      [self = shared_from_this(), stream](std::exception_ptr) { self->handler_ended(*stream); });
}

void Http2Session::handler_ended(Http2Stream& stream) {
  if (!stream.output_finished()) stream.reset(NGHTTP2_INTERNAL_ERROR);
  handlers_.erase(&stream);
  changed_.notify();
}

void Http2Session::note_control_frame() {
  const auto now = steady_clock::now();
  if (now - flood_since_ > limits_.flood_interval) {
    flood_since_ = now;
    control_frames_ = 0;
    resets_ = 0;
  }
  if (++control_frames_ > limits_.control_frames_max) enhance_your_calm();
}

void Http2Session::note_reset() {
  note_control_frame();
  if (++resets_ > limits_.resets_max) enhance_your_calm();
}

void Http2Session::enhance_your_calm() {
  (void)nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void Http2Session::stop_taking() {
  refusing_ = true;
  changed_.notify();
}

// ---- for streams

Result<Http2Session::Stream> Http2Session::submit(const ports::HttpRequest& request) {
  COCOON_CHECK(end_ == SessionEnd::kAsks);
  if (closed_ || doomed_) return fail(HttpError::kUnreachable, "connection lost");
  if (!takes_requests()) return fail(HttpError::kRefusedStream, "the peer takes no more requests");
  if (streams_.size() >= limits_.streams_max)
    return fail(HttpError::kRefusedStream, "too many requests at once");
  if (!request.path.starts_with('/')) return fail(HttpError::kProtocol, "not a path");
  const std::string_view host = ports::find_field(request.headers, "host");
  HeaderBlock block(limits_.header_list_bytes_max);
  TRY_VOID(block.pseudo(":method", request.method));
  TRY_VOID(block.pseudo(":scheme", "https"));
  TRY_VOID(block.pseudo(":authority", host.empty() ? std::string_view(remote()) : host));
  TRY_VOID(block.pseudo(":path", request.path));
  TRY_VOID(block.add(request.headers));

  const auto stream = std::make_shared<Http2Stream>(executor_, weak_from_this());
  const nghttp2_data_provider provider = Http2Callbacks::provider(stream.get());
  const std::int32_t id =
      nghttp2_submit_request(session_, nullptr, block.data(), block.size(),
                             has_body(request) ? &provider : nullptr, stream.get());
  if (id < 0) {
    stop_taking();  // stream numbers used up: only a new connection helps
    return fail(HttpError::kRefusedStream, "the connection takes no more requests");
  }
  stream->id = id;
  streams_.emplace(id, stream);
  kick();
  return stream;
}

Status Http2Session::submit_head(Http2Stream& stream, int status,
                                 const ports::HttpFields& headers) {
  if (status < 200 || status > 599) return fail(HttpError::kProtocol, "not a final status");
  const std::string status_text = std::to_string(status);
  HeaderBlock block(limits_.header_list_bytes_max);
  TRY_VOID(block.pseudo(":status", status_text));
  TRY_VOID(block.add(headers));
  const nghttp2_data_provider provider = Http2Callbacks::provider(&stream);
  if (nghttp2_submit_response(session_, stream.id, block.data(), block.size(), &provider) != 0) {
    return fail(HttpError::kBroken, "the peer is gone");
  }
  kick();
  return {};
}

void Http2Session::consumed(std::int32_t stream_id, std::size_t bytes) {
  if (closed_) return;
  (void)nghttp2_session_consume(session_, stream_id, bytes);
  kick();
}

void Http2Session::consumed_unread(std::size_t bytes) {
  if (closed_) return;
  (void)nghttp2_session_consume_connection(session_, bytes);
  kick();
}

void Http2Session::output_ready(Http2Stream& stream) {
  if (closed_) return;
  if (std::exchange(stream.output_waits, false))
    (void)nghttp2_session_resume_data(session_, stream.id);
  kick();
}

void Http2Session::reset(Http2Stream& stream, std::uint32_t http2_error_code) {
  if (closed_) return;
  (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, http2_error_code);
  kick();
}

void Http2Session::reader_dropped(Http2Stream& stream) {
  if (end_ == SessionEnd::kAsks) stream.reset(NGHTTP2_CANCEL);
}

void Http2Session::kick() {
  if (writer_idle_) output_.notify();
}

// ---- the whole connection

Task<Result<ports::HttpResponse>> Http2Session::send(ports::HttpRequest request,
                                                     async::Deadline head_by) {
  const auto self = shared_from_this();
  CO_TRY(const Stream stream, submit(request));
  auto reader = make_body_reader(stream);  // dropped early, by whatever cause, it resets the stream
  if (has_body(request)) {
    async::spawn_cancellable(executor_, upload(stream, std::move(request.body)), stream->feeder,
                             [stream](std::exception_ptr crash) {
                               if (crash) stream->reset(NGHTTP2_CANCEL);
                             });
  }
  CO_TRY_VOID(co_await stream->wait_head(head_by));
  co_return ports::HttpResponse{.status = stream->head.status,
                                .headers = std::move(stream->head.fields),
                                .body = std::move(reader)};
}

bool Http2Session::takes_requests() const {
  return !closed_ && !refusing_ && !draining_ &&
         nghttp2_session_check_request_allowed(session_) != 0;
}

Task<void> Http2Session::wait_for(std::shared_ptr<Http2Session> self, std::function<bool()> done) {
  while (!self->closed_ && !done()) co_await self->changed_.wait();
}

Task<void> Http2Session::wait_for(std::shared_ptr<Http2Session> self, std::function<bool()> done,
                                  async::Deadline deadline) {
  using namespace boost::asio::experimental::awaitable_operators;
  async::Event never(self->executor_);
  co_await (wait_for(self, std::move(done)) || never.wait_until(deadline));
}

Task<void> Http2Session::wait_closed() {
  return wait_for(shared_from_this(), [] { return false; });
}

Task<void> Http2Session::wait_refusing() {
  return wait_for(shared_from_this(), [this] { return !takes_requests(); });
}

Task<void> Http2Session::drain(async::Deadline deadline) {
  const auto self = shared_from_this();
  if (closed_) co_return;
  draining_ = true;
  changed_.notify();
  if (end_ == SessionEnd::kServes) {
    // First the warning, so that requests already on their way are still served (RFC 9113 §6.8).
    pong_ = false;
    (void)nghttp2_submit_shutdown_notice(session_);
    (void)nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
    kick();
    co_await wait_for(
        self, [this] { return pong_; },
        std::min<async::TimePoint>(deadline, steady_clock::now() + kGoodbyeTimeout));
  }
  if (closed_) co_return;
  (void)nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                              nullptr, 0);
  kick();
  co_await wait_for(self, [this] { return streams_.empty() && handlers_.empty(); }, deadline);
  if (closed_) co_return;
  doomed_ = streams_.empty();
  kick();
  if (doomed_)
    co_await wait_for(self, [] { return false; }, steady_clock::now() + 2 * kGoodbyeTimeout);
  close();
}

void Http2Session::lost() {
  if (std::exchange(closed_, true)) return;
  channel_->close();
  for (const auto& [id, stream] : std::exchange(streams_, {})) {
    stream->on_closed(StreamEnd::kLost);
    if (end_ == SessionEnd::kAsks) stream->feeder->cancel();
  }
  output_.notify();
  keeper_.notify();
  changed_.notify();
}

void Http2Session::close() {
  lost();
  if (end_ != SessionEnd::kServes) return;
  const auto running = handlers_;
  for (const auto& [raw, stream] : running) stream->feeder->cancel();
}

}  // namespace cocoon::net
