// What an Http2Session does for single streams.
#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "net/http2_callbacks.h"
#include "net/http2_fields.h"
#include "net/http2_session.h"

namespace cocoon::net {

using async::Task;
using ports::HttpError;

namespace {

bool has_body(const ports::HttpRequest& request) {
  return request.method != "GET" && request.method != "HEAD";
}

}  // namespace

Task<Result<ports::HttpResponse>> Http2Session::send(ports::HttpRequest request,
                                                     async::Deadline head_by) {
  const auto self = shared_from_this();
  CO_TRY(const Stream stream, submit(request));
  auto reader = make_body_reader(stream);  // dropped early, by whatever cause, it resets the stream
  if (has_body(request)) {
    async::spawn_cancellable(executor_, upload(stream, std::move(request.body)), stream->feeder,
                             [stream](const std::exception_ptr& crash) {
                               if (crash) stream->reset(NGHTTP2_CANCEL);
                             });
  }
  CO_TRY_VOID(co_await stream->wait_head(head_by));
  co_return ports::HttpResponse{.status = stream->head.status,
                                .headers = std::move(stream->head.fields),
                                .body = std::move(reader)};
}

Task<void> Http2Session::serve(std::shared_ptr<Http2Session> self, Stream stream) {
  Http2ResponseWriter writer(stream);
  ports::HttpRequest request{.method = std::move(stream->head.method),
                             .path = std::move(stream->head.path),
                             .headers = std::move(stream->head.fields),
                             .body = make_body_reader(stream),
                             .peer = self->peer_};
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

  auto stream =
      std::make_shared<Http2Stream>(executor_, weak_from_this(), limits_.output_stall_max);
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

}  // namespace cocoon::net
