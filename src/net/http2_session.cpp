#include "net/http2_session.h"

#include <nghttp2/nghttp2.h>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "net/error.h"
#include "net/http2_callbacks.h"

namespace cocoon::net {

using async::Task;
using std::chrono::steady_clock;

namespace {

// How long an orderly end waits for the peer: for its acknowledgement, then for its own end.
constexpr async::Duration kGoodbyeTimeout = std::chrono::seconds(1);

Status check(int nghttp2_result) {
  if (nghttp2_result == 0) return {};
  return fail(NetError::kLibrary, std::string("nghttp2: ") + nghttp2_strerror(nghttp2_result));
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
      last_ended_(steady_clock::now()),
      last_received_(last_ended_),
      flood_since_(last_received_) {}

Http2Session::~Http2Session() {
  count_in(nullptr);
  nghttp2_session_del(session_);
}

Result<std::shared_ptr<Http2Session>> Http2Session::start(const async::Executor& executor,
                                                          std::shared_ptr<TlsChannel> channel,
                                                          SessionEnd end,
                                                          ports::HttpHandler* handler,
                                                          Http2Limits limits) {
  std::shared_ptr<Http2Session> session(
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
    // What was received while the connection was given up would find streams that are gone.
    if (self->closed_) break;
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
  async::spawn_cancellable(executor_, serve(shared_from_this(), stream), stream->feeder,
                           [self = shared_from_this(), stream](const std::exception_ptr&) {
                             self->handler_ended(*stream);
                           });
}

void Http2Session::handler_ended(Http2Stream& stream) {
  if (!stream.output_finished()) stream.reset(NGHTTP2_INTERNAL_ERROR);
  handlers_.erase(&stream);
  last_ended_ = steady_clock::now();
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

// ---- the whole connection

std::optional<async::TimePoint> Http2Session::idle_since() const {
  if (closed_ || !streams_.empty() || !handlers_.empty() || !to_start_.empty()) return std::nullopt;
  return last_ended_;
}

void Http2Session::count_in(std::shared_ptr<BufferBudget> budget) {
  if (budget_) budget_->change(buffered_bytes_, 0);
  budget_ = std::move(budget);
  if (budget_) budget_->change(0, buffered_bytes_);
}

void Http2Session::account(std::size_t bytes_before, std::size_t bytes_now) {
  buffered_bytes_ = buffered_bytes_ - bytes_before + bytes_now;
  if (budget_) budget_->change(bytes_before, bytes_now);
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
  count_in(nullptr);
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
