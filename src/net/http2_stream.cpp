#include "net/http2_stream.h"

#include <nghttp2/nghttp2.h>

#include "async/cancel.h"
#include "net/http2_fields.h"
#include "net/http2_session.h"

namespace cocoon::net {

using ports::HttpError;

namespace {

// A writer is held back while this much of its stream waits for the peer's window or for the
// connection.
constexpr std::size_t kOutputBytesMax = 32 * 1024;

// A peer that takes less than this in output_stall_max takes nothing.
constexpr std::size_t kOutputStepBytes = 16 * 1024;

constexpr std::size_t kTrailerBytesMax = 16 * 1024;

class Http2BodyReader final : public ports::BodyReader {
 public:
  explicit Http2BodyReader(std::shared_ptr<Http2Stream> stream) : stream_(std::move(stream)) {}
  ~Http2BodyReader() override { stream_->drop_reader(); }
  Http2BodyReader(const Http2BodyReader&) = delete;
  Http2BodyReader& operator=(const Http2BodyReader&) = delete;

  [[nodiscard]] async::Task<Result<Bytes>> read() override { return stream_->read(); }
  [[nodiscard]] bool is_ready() const override { return stream_->is_input_ready(); }
  [[nodiscard]] const ports::HttpFields& trailers() const override { return stream_->trailers; }

 private:
  std::shared_ptr<Http2Stream> stream_;
};

}  // namespace

std::unique_ptr<ports::BodyReader> make_body_reader(std::shared_ptr<Http2Stream> stream) {
  return std::make_unique<Http2BodyReader>(std::move(stream));
}

Http2Stream::Http2Stream(const async::Executor& executor, std::weak_ptr<Http2Session> session,
                         async::Duration output_stall_max)
    : session_(std::move(session)),
      input_changed_(executor),
      output_stall_max_(output_stall_max),
      output_changed_(executor),
      closed_(executor) {}

Http2Stream::~Http2Stream() {
  if (const auto owner = session()) owner->account(accounted_, 0);
}

void Http2Stream::account() {
  // A chunk stays whole until its last byte was taken.
  const std::size_t held = input_.size() + output_bytes_ + output_offset_;
  const auto owner = session();
  if (owner && held != accounted_) owner->account(accounted_, held);
  accounted_ = held;
}

void Http2Stream::on_data(BytesView chunk) {
  append(input_, chunk);
  account();
  input_changed_.notify();
}

void Http2Stream::on_input_end() {
  input_ended_ = true;
  input_changed_.notify();
}

void Http2Stream::on_head() {
  head_done = true;
  input_changed_.notify();
}

void Http2Stream::on_closed(StreamEnd how) {
  if (!is_open()) return;
  end_ = how;
  output_.clear();
  output_bytes_ = 0;
  output_offset_ = 0;
  account();
  input_changed_.notify();
  output_changed_.notify();
  closed_.notify();
}

std::size_t Http2Stream::take_output(MutableBytesView into) {
  std::size_t taken = 0;
  while (taken < into.size() && !output_.empty()) {
    const Bytes& first = output_.front();
    const std::size_t length = std::min(into.size() - taken, first.size() - output_offset_);
    std::copy_n(first.begin() + static_cast<std::ptrdiff_t>(output_offset_), length,
                into.begin() + static_cast<std::ptrdiff_t>(taken));
    taken += length;
    output_offset_ += length;
    if (output_offset_ == first.size()) {
      output_.pop_front();
      output_offset_ = 0;
    }
  }
  output_bytes_ -= taken;
  account();
  output_taken_ += taken;
  if (output_bytes_ == 0 || output_taken_ >= kOutputStepBytes) note_output_moved();
  if (taken > 0 && output_bytes_ < kOutputBytesMax) output_changed_.notify();
  return taken;
}

void Http2Stream::on_output_end_sent() {
  output_end_sent_ = true;
  output_changed_.notify();
}

async::Task<Result<Bytes>> Http2Stream::read() {
  const auto self = shared_from_this();
  for (;;) {
    if (!input_.empty()) {
      Bytes chunk = std::exchange(input_, {});
      account();
      if (const auto owner = session()) owner->consumed(id, chunk.size());
      co_return chunk;
    }
    if (input_ended_) co_return Bytes{};
    if (!is_open()) co_return broken();
    co_await input_changed_.wait();
  }
}

async::Task<Status> Http2Stream::wait_head(async::Deadline head_by) {
  const auto self = shared_from_this();
  for (;;) {
    if (head_done) co_return Status{};
    switch (end_) {
      case StreamEnd::kOpen:
        break;
      case StreamEnd::kRefused:
        co_return fail(HttpError::kRefusedStream, "the peer refused the request");
      case StreamEnd::kTooLarge:
        co_return fail(HttpError::kTooLarge, "answer's header fields too large");
      case StreamEnd::kLost:
        co_return fail(HttpError::kUnreachable, "connection lost before the answer");
      case StreamEnd::kReset:
      case StreamEnd::kFinished:
        co_return fail(HttpError::kBroken, "the peer reset the request");
    }
    if (std::chrono::steady_clock::now() >= head_by) {
      co_return fail(async::AsyncError::kTimeout, "no answer in time");
    }
    co_await input_changed_.wait_until(head_by);
  }
}

void Http2Stream::drop_reader() {
  reader_dropped_ = true;
  const auto owner = session();
  if (!input_.empty() && owner) owner->consumed_unread(input_.size());
  input_.clear();
  account();
  if (owner) owner->reader_dropped(*this);
}

async::Task<Status> Http2Stream::write(Bytes chunk) {
  const auto self = shared_from_this();
  if (!is_open()) co_return broken();
  if (output_finished_) co_return fail(HttpError::kProtocol, "write after the end");
  if (!chunk.empty()) {
    if (output_bytes_ == 0) note_output_moved();
    output_bytes_ += chunk.size();
    output_.push_back(std::move(chunk));
    account();
    if (const auto owner = session()) owner->output_ready(*this);
  }
  while (is_open() && output_bytes_ >= kOutputBytesMax) co_await wait_output();
  if (!is_open()) co_return broken();
  co_return Status{};
}

async::Task<Status> Http2Stream::finish(ports::HttpFields fields) {
  const auto self = shared_from_this();
  if (!is_open()) co_return broken();
  if (output_finished_) co_return fail(HttpError::kProtocol, "finished twice");
  CO_TRY_VOID(HeaderBlock(kTrailerBytesMax).add(fields));
  output_finished_ = true;
  if (output_bytes_ == 0) note_output_moved();
  output_trailers = std::move(fields);
  if (const auto owner = session()) owner->output_ready(*this);
  while (is_open() && !output_end_sent_) co_await wait_output();
  if (!output_end_sent_) co_return broken();
  co_return Status{};
}

void Http2Stream::note_output_moved() {
  output_moved_ = std::chrono::steady_clock::now();
  output_taken_ = 0;
}

async::Task<void> Http2Stream::wait_output() {
  const auto self = shared_from_this();
  co_await output_changed_.wait_until(output_moved_ + output_stall_max_);
  if (std::chrono::steady_clock::now() >= output_moved_ + output_stall_max_) {
    reset(NGHTTP2_CANCEL);
  }
}

async::Task<void> Http2Stream::wait_closed() {
  const auto self = shared_from_this();
  while (is_open()) {
    co_await closed_.wait();
    if (async::is_cancelled(co_await async::kCancellation)) co_return;
  }
}

void Http2Stream::reset(std::uint32_t http2_error_code) {
  if (!is_open()) return;
  if (const auto owner = session()) owner->reset(*this, http2_error_code);
  on_closed(StreamEnd::kReset);
}

std::unexpected<Error> Http2Stream::broken() const {
  return fail(HttpError::kBroken, end_ == StreamEnd::kLost ? "connection lost" : "stream reset");
}

Status Http2ResponseWriter::head(int status, ports::HttpFields headers) {
  if (head_sent_) return fail(HttpError::kProtocol, "second head");
  const auto owner = stream_->session();
  if (!owner || !stream_->is_open()) return fail(HttpError::kBroken, "the peer is gone");
  TRY_VOID(owner->submit_head(*stream_, status, headers));
  head_sent_ = true;
  return {};
}

async::Task<Status> Http2ResponseWriter::write(Bytes chunk) {
  if (!head_sent_) co_return fail(HttpError::kProtocol, "write before the head");
  co_return co_await stream_->write(std::move(chunk));
}

async::Task<Status> Http2ResponseWriter::finish(ports::HttpFields trailers) {
  if (!head_sent_) co_return fail(HttpError::kProtocol, "finish before the head");
  co_return co_await stream_->finish(std::move(trailers));
}

void Http2ResponseWriter::abort() { stream_->reset(NGHTTP2_INTERNAL_ERROR); }

async::Task<void> Http2ResponseWriter::wait_closed() { return stream_->wait_closed(); }

}  // namespace cocoon::net
