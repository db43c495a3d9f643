#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "openai/error.h"

namespace cocoon::openai {

// One block of a text/event-stream (WHATWG HTML, "Server-sent events") with the exact bytes it came
// in, up to and including the blank line that ends it. The raw bytes of all blocks in order are the
// stream.
struct SseEvent {
  enum class Kind : std::uint8_t {
    kEvent,    // has data
    kComment,  // comments, pings, stray blank lines: nothing for the application
    kPartial,  // the stream ended before a blank line
  };
  Kind kind = Kind::kComment;
  std::string raw;
  std::string name;  // of the `event:` field; empty if absent
  std::string data;  // the `data:` lines, joined by line feeds

  bool operator==(const SseEvent&) const = default;
};

// Cuts a stream into its events, however its chunks are cut. Lines end in LF, CR LF or CR.
class SseParser {
 public:
  static constexpr std::size_t kEventBytesMax = std::size_t{4} << 20U;

  explicit SseParser(std::size_t event_bytes_max = kEventBytesMax)
      : event_bytes_max_(event_bytes_max) {}

  // The events that these bytes complete. kEventTooLarge if one grows over its bound; the parser is
  // then unusable.
  [[nodiscard]] Result<std::vector<SseEvent>> feed(BytesView bytes);
  // What is left when the stream has ended; empty if it ended after a whole event.
  [[nodiscard]] std::vector<SseEvent> finish();

 private:
  enum class StreamState : std::uint8_t { kOpen, kEnded };
  [[nodiscard]] Status scan(StreamState state, std::vector<SseEvent>& into);
  [[nodiscard]] SseEvent cut(std::size_t end);
  [[nodiscard]] Status too_large() const;

  std::size_t event_bytes_max_;
  std::string pending_;          // bytes of the event under way
  std::size_t event_start_ = 0;  // positions in pending_: where the event under way begins,
  std::size_t line_start_ = 0;   // where its last line begins,
  std::size_t scanned_ = 0;      // and how far line ends were looked for
  bool at_stream_start_ = true;  // a byte order mark may come first
};

}  // namespace cocoon::openai
