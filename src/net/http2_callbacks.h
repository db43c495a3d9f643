#pragma once

#include <nghttp2/nghttp2.h>

#include "base/result.h"

// Inside this room: what nghttp2 calls.
namespace cocoon::net {

class Http2Session;

struct Http2Callbacks {
  // A new nghttp2 session for `owner`, which outlives it.
  [[nodiscard]] static Result<nghttp2_session*> new_session(Http2Session& owner);
  // Pulls a stream's output; source.ptr is the Http2Stream.
  [[nodiscard]] static nghttp2_data_provider provider(void* stream);

 private:
  static int begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int header(nghttp2_session* session, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                    std::uint8_t flags, void* user);
  static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int invalid_frame_received(nghttp2_session* session, const nghttp2_frame* frame, int error,
                                    void* user);
  static int data_chunk(nghttp2_session* session, std::uint8_t flags, std::int32_t stream_id,
                        const std::uint8_t* data, std::size_t length, void* user);
  static int stream_closed(nghttp2_session* session, std::int32_t stream_id,
                           std::uint32_t error_code, void* user);
  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user);
  static int frame_not_sent(nghttp2_session* session, const nghttp2_frame* frame, int error,
                            void* user);
  static ssize_t read_output(nghttp2_session* session, std::int32_t stream_id, std::uint8_t* into,
                             std::size_t length, std::uint32_t* flags, nghttp2_data_source* source,
                             void* user);
  static ssize_t data_frame_length(nghttp2_session* session, std::uint8_t frame_type,
                                   std::int32_t stream_id, std::int32_t session_window,
                                   std::int32_t stream_window, std::uint32_t frame_max, void* user);
  static void headers_received(Http2Session& owner, const nghttp2_frame* frame, void* user_data);
};

}  // namespace cocoon::net
