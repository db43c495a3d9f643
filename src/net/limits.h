#pragma once

#include <cstdint>

#include "async/clock.h"

namespace cocoon::net {

// The bounds of one HTTP/2 connection, whichever end we are.
struct Http2Limits {
  // Streams at once, ours and the peer's each; also how many handlers may be alive, those of
  // streams that the peer has already reset included.
  std::uint32_t streams_max = 1000;
  // What a peer may send ahead of the reader: per stream, and over all streams of the connection
  // together.
  std::uint32_t stream_window_bytes = 256 * 1024;
  std::uint32_t connection_window_bytes = 64 * 1024 * 1024;
  std::uint32_t header_list_bytes_max = 16 * 1024;
  // A stream of which the peer takes next to nothing for this long is reset: a peer that asks and
  // does not listen would else hold a handler, and an engine behind it, for ever.
  async::Duration output_stall_max = std::chrono::seconds(60);
  // A connection that was silent this long is pinged; one that stays silent for ping_timeout after
  // it is closed, and so is one that takes no byte of ours in both together.
  async::Duration ping_interval = std::chrono::seconds(15);
  async::Duration ping_timeout = std::chrono::seconds(10);
  // In one flood_interval the peer may reset this many streams and send this many PING, SETTINGS,
  // PRIORITY and empty DATA frames; more is an attack and closes the connection.
  std::uint32_t resets_max = 2000;
  std::uint32_t control_frames_max = 4000;
  async::Duration flood_interval = std::chrono::seconds(10);
};

}  // namespace cocoon::net
