#include "net/http2_callbacks.h"

#include <algorithm>
#include <charconv>

#include "net/error.h"
#include "net/http2_fields.h"
#include "net/http2_session.h"

namespace cocoon::net {
namespace {

// A DATA frame with its nine-byte header fills one TLS record.
constexpr ssize_t kDataBytesMax = 16 * 1024 - 9;

Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }

Http2Stream* find_stream(nghttp2_session* session, std::int32_t id) {
  return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

std::string_view text(const std::uint8_t* data, std::size_t length) {
  return {reinterpret_cast<const char*>(data), length};
}

bool ends_stream(const nghttp2_frame* frame) {
  return (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}
bool is_ack(const nghttp2_frame* frame) { return (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0; }

void take_pseudo(Http2Stream::Head& head, std::string_view name, std::string_view value) {
  if (name == ":status") {
    (void)std::from_chars(value.data(), value.data() + value.size(), head.status);
  } else if (name == ":method") {
    head.method = value;
  } else if (name == ":path") {
    head.path = value;
  } else if (name == ":authority") {
    head.authority = value;
  }
}

struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* p) const { nghttp2_session_callbacks_del(p); }
};
struct OptionDeleter {
  void operator()(nghttp2_option* p) const { nghttp2_option_del(p); }
};

}  // namespace

Result<nghttp2_session*> Http2Callbacks::new_session(Http2Session& owner) {
  nghttp2_session_callbacks* raw_callbacks = nullptr;
  nghttp2_option* raw_option = nullptr;
  const bool made =
      nghttp2_session_callbacks_new(&raw_callbacks) == 0 && nghttp2_option_new(&raw_option) == 0;
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw_callbacks);
  const std::unique_ptr<nghttp2_option, OptionDeleter> option(raw_option);
  if (!made) return fail(NetError::kLibrary, "nghttp2: out of memory");

  nghttp2_session_callbacks_set_on_begin_headers_callback(raw_callbacks, begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(raw_callbacks, header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(raw_callbacks, frame_received);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(raw_callbacks,
                                                               invalid_frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(raw_callbacks, data_chunk);
  nghttp2_session_callbacks_set_on_stream_close_callback(raw_callbacks, stream_closed);
  nghttp2_session_callbacks_set_on_frame_send_callback(raw_callbacks, frame_sent);
  nghttp2_session_callbacks_set_on_frame_not_send_callback(raw_callbacks, frame_not_sent);
  nghttp2_session_callbacks_set_data_source_read_length_callback(raw_callbacks, data_frame_length);
  nghttp2_option_set_no_auto_window_update(raw_option, 1);
  nghttp2_option_set_no_closed_streams(raw_option, 1);
  nghttp2_option_set_peer_max_concurrent_streams(raw_option, owner.limits_.streams_max);
#ifdef COCOON_NGHTTP2_HAS_RESET_LIMIT
  // Our own count (Http2Limits) is the stricter one.
  nghttp2_option_set_stream_reset_rate_limit(raw_option, 2ULL * owner.limits_.resets_max + 16,
                                             owner.limits_.resets_max);
#endif

  nghttp2_session* session = nullptr;
  const int failed = owner.end_ == SessionEnd::kAsks
                         ? nghttp2_session_client_new2(&session, raw_callbacks, &owner, raw_option)
                         : nghttp2_session_server_new2(&session, raw_callbacks, &owner, raw_option);
  if (failed != 0) return fail(NetError::kLibrary, "nghttp2: out of memory");
  return session;
}

nghttp2_data_provider Http2Callbacks::provider(void* stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = stream;
  provider.read_callback = read_output;
  return provider;
}

int Http2Callbacks::begin_headers(nghttp2_session* session, const nghttp2_frame* frame,
                                  void* user) {
  Http2Session& owner = self(user);
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  const std::int32_t id = frame->hd.stream_id;
  if (owner.handlers_.size() + owner.to_start_.size() >= owner.limits_.streams_max) {
    return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
  }
  const auto stream = std::make_shared<Http2Stream>(owner.executor_, owner.weak_from_this(),
                                                    owner.limits_.output_stall_max);
  stream->id = id;
  owner.streams_.emplace(id, stream);
  return nghttp2_session_set_stream_user_data(session, id, stream.get());
}

int Http2Callbacks::header(nghttp2_session* session, const nghttp2_frame* frame,
                           const std::uint8_t* name, std::size_t name_length,
                           const std::uint8_t* value, std::size_t value_length,
                           std::uint8_t /*flags*/, void* user) {
  Http2Stream* const stream = find_stream(session, frame->hd.stream_id);
  if (stream == nullptr) return 0;
  stream->header_bytes += name_length + value_length + 32;
  if (stream->header_bytes > self(user).limits_.header_list_bytes_max)
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::string_view key = text(name, name_length);
  const std::string_view content = text(value, value_length);
  if (key.starts_with(':')) {
    take_pseudo(stream->head, key, content);
  } else {
    auto& fields = stream->head_done ? stream->trailers : stream->head.fields;
    fields.push_back({.name = std::string(key), .value = std::string(content)});
  }
  return 0;
}

void Http2Callbacks::headers_received(Http2Session& owner, const nghttp2_frame* frame,
                                      void* user_data) {
  auto* const stream = static_cast<Http2Stream*>(user_data);
  if (!stream->head_done) {
    if (owner.end_ == SessionEnd::kServes) {
      stream->on_head();
      owner.to_start_.push_back(stream->shared_from_this());
    } else if (stream->head.status / 100 == 1) {
      stream->head = {};  // informational; the answer's own head follows
    } else {
      stream->on_head();
    }
  }
  if (ends_stream(frame)) stream->on_input_end();
}

int Http2Callbacks::frame_received(nghttp2_session* session, const nghttp2_frame* frame,
                                   void* user) {
  Http2Session& owner = self(user);
  Http2Stream* const stream =
      frame->hd.stream_id == 0 ? nullptr : find_stream(session, frame->hd.stream_id);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      if (stream != nullptr) headers_received(owner, frame, stream);
      break;
    case NGHTTP2_DATA:
      if (frame->hd.length == 0 && !ends_stream(frame)) owner.note_control_frame();
      if (stream != nullptr && ends_stream(frame)) stream->on_input_end();
      break;
    case NGHTTP2_RST_STREAM:
      owner.note_reset();
      break;
    case NGHTTP2_PING:
      if (is_ack(frame)) {
        owner.pong_ = true;
        owner.changed_.notify();
      } else {
        owner.note_control_frame();
      }
      break;
    case NGHTTP2_SETTINGS:
      if (!is_ack(frame)) owner.note_control_frame();
      break;
    case NGHTTP2_GOAWAY:
      owner.stop_taking();
      break;
    case NGHTTP2_WINDOW_UPDATE:
      break;
    default:
      owner.note_control_frame();
      break;
  }
  return 0;
}

int Http2Callbacks::invalid_frame_received(nghttp2_session*, const nghttp2_frame*, int,
                                           void* user) {
  self(user).note_control_frame();
  return 0;
}

int Http2Callbacks::data_chunk(nghttp2_session* session, std::uint8_t /*flags*/,
                               std::int32_t stream_id, const std::uint8_t* data, std::size_t length,
                               void* /*user*/) {
  Http2Stream* const stream = find_stream(session, stream_id);
  if (stream == nullptr || !stream->is_open() || stream->reader_dropped()) {
    return nghttp2_session_consume_connection(session, length);
  }
  stream->on_data(std::as_bytes(std::span(data, length)));
  return 0;
}

int Http2Callbacks::stream_closed(nghttp2_session*, std::int32_t stream_id,
                                  std::uint32_t error_code, void* user) {
  Http2Session& owner = self(user);
  const auto found = owner.streams_.find(stream_id);
  if (found == owner.streams_.end()) return 0;
  const auto stream = found->second;
  owner.streams_.erase(found);
  owner.last_ended_ = std::chrono::steady_clock::now();
  StreamEnd end = StreamEnd::kReset;
  if (stream->header_bytes > owner.limits_.header_list_bytes_max) {
    end = StreamEnd::kTooLarge;
  } else if (stream->not_sent || (error_code == NGHTTP2_REFUSED_STREAM && !stream->head_done)) {
    end = StreamEnd::kRefused;
  } else if (error_code == NGHTTP2_NO_ERROR && stream->input_ended()) {
    end = StreamEnd::kFinished;
  }
  stream->on_closed(end);
  if (owner.end_ == SessionEnd::kAsks) owner.to_cancel_.push_back(stream);
  owner.changed_.notify();
  return 0;
}

int Http2Callbacks::frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
  if (self(user).end_ != SessionEnd::kServes) return 0;
  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
  if (!ends_stream(frame)) return 0;
  const Http2Stream* const stream = find_stream(session, frame->hd.stream_id);
  if (stream == nullptr || stream->input_ended()) return 0;
  // The answer is complete: the rest of the request need not come (RFC 9113 §8.1).
  return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                   NGHTTP2_NO_ERROR);
}

int Http2Callbacks::frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame,
                                   int /*error*/, void*) {
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  if (Http2Stream* const stream = find_stream(session, frame->hd.stream_id))
    stream->not_sent = true;
  return 0;
}

ssize_t Http2Callbacks::read_output(nghttp2_session* session, std::int32_t stream_id,
                                    std::uint8_t* into, std::size_t length, std::uint32_t* flags,
                                    nghttp2_data_source* source, void*) {
  auto* const stream = static_cast<Http2Stream*>(source->ptr);
  const std::size_t taken = stream->take_output(std::as_writable_bytes(std::span(into, length)));
  if (stream->output_ended()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!stream->output_trailers.empty()) {
      HeaderBlock block(SIZE_MAX);  // checked when finish() took them
      if (!block.add(stream->output_trailers)) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      if (nghttp2_submit_trailer(session, stream_id, block.data(), block.size()) != 0) {
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      }
    }
    stream->on_output_end_sent();
  } else if (taken == 0) {
    stream->output_waits = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<ssize_t>(taken);
}

ssize_t Http2Callbacks::data_frame_length(nghttp2_session*, std::uint8_t, std::int32_t,
                                          std::int32_t session_window, std::int32_t stream_window,
                                          std::uint32_t frame_max, void*) {
  return std::min({kDataBytesMax, static_cast<ssize_t>(session_window),
                   static_cast<ssize_t>(stream_window), static_cast<ssize_t>(frame_max)});
}

}  // namespace cocoon::net
