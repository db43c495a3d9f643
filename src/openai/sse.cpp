#include "openai/sse.h"

#include <string_view>
#include <utility>

namespace cocoon::openai {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Takes the next line off the front of `text`, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos) return std::exchange(text, {});
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  return line;
}

void read_fields(std::string_view text, SseEvent& event) {
  bool has_data = false;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value;
    if (colon != std::string_view::npos) value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") {
      if (has_data) event.data += '\n';
      has_data = true;
      event.data += value;
    } else if (name == "event") {
      event.name = value;
    }
  }
  if (has_data) event.kind = SseEvent::Kind::kEvent;
}

}  // namespace

SseEvent SseParser::cut(std::size_t end) {
  SseEvent event;
  event.raw = pending_.substr(event_start_, end - event_start_);
  std::string_view text = event.raw;
  if (at_stream_start_ && text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  at_stream_start_ = false;
  read_fields(text, event);
  event_start_ = end;
  line_start_ = end;
  return event;
}

// Cuts off every event that is whole. A CR at the very end of what is there ends its line only once
// it is known whether an LF belongs to it, so that a cut between the two makes no difference.
Status SseParser::scan(StreamState state, std::vector<SseEvent>& into) {
  for (;;) {
    const std::size_t end = pending_.find_first_of("\r\n", scanned_);
    if (end == std::string::npos) {
      scanned_ = pending_.size();
      break;
    }
    const bool is_return = pending_[end] == '\r';
    if (is_return && end + 1 == pending_.size() && state == StreamState::kOpen) {
      scanned_ = end;
      break;
    }
    const std::size_t next =
        end + (is_return && end + 1 < pending_.size() && pending_[end + 1] == '\n' ? 2 : 1);
    const std::string_view line = std::string_view(pending_).substr(line_start_, end - line_start_);
    const bool is_blank =
        line.empty() || (at_stream_start_ && line_start_ == event_start_ && line == kByteOrderMark);
    scanned_ = next;
    line_start_ = next;
    if (next - event_start_ > event_bytes_max_) return too_large();
    if (is_blank) into.push_back(cut(next));
  }
  if (pending_.size() - event_start_ > event_bytes_max_) return too_large();
  return {};
}

Status SseParser::too_large() const {
  return fail(OpenaiError::kEventTooLarge,
              "a server-sent event is larger than " + std::to_string(event_bytes_max_) + " bytes");
}

Result<std::vector<SseEvent>> SseParser::feed(BytesView bytes) {
  pending_ += as_text(bytes);
  std::vector<SseEvent> events;
  TRY_VOID(scan(StreamState::kOpen, events));
  pending_.erase(0, event_start_);
  scanned_ -= event_start_;
  line_start_ -= event_start_;
  event_start_ = 0;
  return events;
}

std::vector<SseEvent> SseParser::finish() {
  std::vector<SseEvent> events;
  // What is pending was within the bound when it was fed, so that scanning it again cannot fail.
  if (!scan(StreamState::kEnded, events)) return events;
  if (event_start_ < pending_.size()) {
    events.push_back(cut(pending_.size()));
    events.back().kind = SseEvent::Kind::kPartial;
  }
  pending_.clear();
  scanned_ = event_start_ = line_start_ = 0;
  return events;
}

}  // namespace cocoon::openai
