#include "openai/sse.h"

#include <doctest/doctest.h>

namespace cocoon::openai {
namespace {

using Kind = SseEvent::Kind;

std::vector<SseEvent> parse(std::string_view stream) {
  SseParser parser;
  auto events = parser.feed(as_bytes(stream));
  REQUIRE(events.has_value());
  for (SseEvent& event : parser.finish()) events->push_back(std::move(event));
  return *std::move(events);
}

TEST_CASE("events end at a blank line, whatever ends lines") {
  const std::vector<SseEvent> events = parse("data: a\n\nevent: x\r\ndata:b\r\n\r\ndata: c\r\r");
  REQUIRE(events.size() == 3);
  CHECK(events[0] == SseEvent{Kind::kEvent, "data: a\n\n", "", "a"});
  CHECK(events[1] == SseEvent{Kind::kEvent, "event: x\r\ndata:b\r\n\r\n", "x", "b"});
  CHECK(events[2] == SseEvent{Kind::kEvent, "data: c\r\r", "", "c"});
}

TEST_CASE("data lines are joined, one leading space is dropped, other fields are ignored") {
  const std::vector<SseEvent> events = parse("id: 1\ndata:  two\ndata\nretry: 3\ndata:x:y\n\n");
  REQUIRE(events.size() == 1);
  CHECK(events[0].data == " two\n\nx:y");
}

TEST_CASE("comments, pings and stray blank lines are kept as bytes and carry no data") {
  const std::vector<SseEvent> events = parse(": ping\n\n\nevent: only\n\ndata: a\n\n");
  REQUIRE(events.size() == 4);
  CHECK(events[0] == SseEvent{Kind::kComment, ": ping\n\n", "", ""});
  CHECK(events[1] == SseEvent{Kind::kComment, "\n", "", ""});
  CHECK(events[2].kind == Kind::kComment);
  CHECK(events[3].kind == Kind::kEvent);
}

TEST_CASE("a byte order mark at the start belongs to no field name") {
  CHECK(parse("\xef\xbb\xbf"
              "data: a\n\n")[0]
            .data == "a");
  CHECK(parse("\xef\xbb\xbf\n"
              "data: a\n\n")
            .size() == 2);
  CHECK(parse("data: a\n\n\xef\xbb\xbf"
              "data: b\n\n")[1]
            .kind == Kind::kComment);
}

TEST_CASE("an unfinished event comes out when the stream ends") {
  const std::vector<SseEvent> events = parse("data: a\n\ndata: b\ndata: c");
  REQUIRE(events.size() == 2);
  CHECK(events[1] == SseEvent{Kind::kPartial, "data: b\ndata: c", "", "b\nc"});
  CHECK(parse("data: a\r\n\r\n").size() == 1);
  CHECK(parse("").empty());
}

TEST_CASE("where a stream is cut makes no difference") {
  const std::string stream =
      "\xef\xbb\xbf"
      "data: gr\xc3\xbc\xc3\x9f\n\n: ping\r\n\r\nevent: a\rdata: 1\rdata: 2\r\r\n\r"
      "data: x\r\n\ndata: \xf0\x9f\x98\x80\n\ndata: end";
  const std::vector<SseEvent> whole = parse(stream);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      SseParser parser;
      std::vector<SseEvent> events;
      for (const auto& [from, to] : {std::pair{std::size_t{0}, first}, std::pair{first, second},
                                     std::pair{second, stream.size()}}) {
        auto some = parser.feed(as_bytes(std::string_view(stream).substr(from, to - from)));
        REQUIRE(some.has_value());
        events.insert(events.end(), some->begin(), some->end());
      }
      for (SseEvent& event : parser.finish()) events.push_back(std::move(event));
      REQUIRE(events == whole);
    }
  }
  std::string raw;
  for (const SseEvent& event : whole) raw += event.raw;
  CHECK(raw == stream);
}

TEST_CASE("an event comes out as soon as its blank line is there") {
  SseParser parser;
  CHECK(parser.feed(as_bytes("data: a\n"))->empty());
  CHECK(parser.feed(as_bytes("\n"))->size() == 1);
  CHECK(parser.feed(as_bytes("data: b\r\n\r\n"))->size() == 1);
}

TEST_CASE("an event over the bound is an error, whether it ends or not") {
  const std::string just = "data: 12345678\n\n";
  CHECK(SseParser(just.size()).feed(as_bytes(just)).has_value());
  const auto whole = SseParser(just.size() - 1).feed(as_bytes(just));
  REQUIRE_FALSE(whole.has_value());
  CHECK(whole.error().is(OpenaiError::kEventTooLarge));
  SseParser endless(100);
  bool refused = false;
  for (int i = 0; i < 101 && !refused; ++i) refused = !endless.feed(as_bytes("x")).has_value();
  CHECK(refused);
}

}  // namespace
}  // namespace cocoon::openai
