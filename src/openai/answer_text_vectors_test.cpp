#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "openai/stream_meter.h"
#include "tests/support/vectors.h"

using namespace cocoon;
using namespace cocoon::openai;

namespace {

struct Piece {
  std::uint64_t choice;
  std::uint64_t part;
  std::uint64_t field;
  std::string text;
  bool operator==(const Piece&) const = default;
};

std::vector<Piece> extract(Endpoint endpoint, const std::string& form, const std::string& bytes) {
  std::vector<Piece> pieces;
  const auto sink = [&](const Segment& segment) {
    pieces.push_back({segment.choice, segment.part, static_cast<std::uint64_t>(segment.field),
                      std::string(segment.text)});
  };
  if (form == "whole") {
    REQUIRE(meter_body(endpoint, as_bytes(bytes), sink).has_value());
  } else {
    StreamMeter meter(endpoint, UsageChunk::kForward, sink);
    CHECK_EQ(as_text(meter.feed(as_bytes(bytes)).value()), bytes);
  }
  return pieces;
}

}  // namespace

TEST_CASE("answers are cut into the vectors' segments") {
  const codec::Json all = testing::read_json("tests/data/formats/answer-text.json");
  REQUIRE_EQ(all.as_array()->size(), 4);
  for (const codec::Json& item : *all.as_array()) {
    const Endpoint endpoint = find_endpoint("POST", testing::text(item, "endpoint")).value();
    std::vector<Piece> expected;
    for (const codec::Json& segment : testing::items(item, "segments")) {
      expected.push_back({testing::number(segment, "choice"), testing::number(segment, "part"),
                          testing::number(segment, "field"), testing::text(segment, "text")});
    }
    CAPTURE(testing::text(item, "bytes"));
    CHECK(extract(endpoint, testing::text(item, "form"), testing::text(item, "bytes")) == expected);
  }
}
