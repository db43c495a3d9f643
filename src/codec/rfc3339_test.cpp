#include "codec/rfc3339.h"

#include <doctest/doctest.h>

using namespace cocoon;
using namespace cocoon::codec;

TEST_CASE("moments of RFC 3339 are read and written") {
  CHECK_EQ(parse_rfc3339("1970-01-01T00:00:00Z").value(), UnixSeconds(0));
  CHECK_EQ(parse_rfc3339("2025-07-04T10:16:31Z").value(), UnixSeconds(1'751'624'191));
  CHECK_EQ(parse_rfc3339("2025-07-04t12:16:31.25+02:00").value(), UnixSeconds(1'751'624'191));
  CHECK_EQ(parse_rfc3339("2024-02-29T23:59:59-00:00").value(), UnixSeconds(1'709'251'199));
  CHECK_EQ(write_rfc3339(UnixSeconds(1'751'624'191)), "2025-07-04T10:16:31Z");
  CHECK_EQ(write_rfc3339(UnixSeconds(0)), "1970-01-01T00:00:00Z");
  CHECK_EQ(parse_rfc3339(write_rfc3339(UnixSeconds(UINT32_MAX))).value(), UnixSeconds(UINT32_MAX));
}

TEST_CASE("what is no moment is refused") {
  for (const char* text :
       {"", "2025-07-04", "2025-07-04T10:16:31", "2025-07-04 10:16:31Z", "2025-02-29T00:00:00Z",
        "2025-13-01T00:00:00Z", "2025-07-04T24:00:00Z", "2025-07-04T23:59:60Z",
        "2025-07-04T10:16:31.Z", "2025-07-04T10:16:31ZZ", "2025-07-04T10:16:31+24:00",
        "1969-12-31T23:59:59Z", "2107-01-01T00:00:00Z", "-025-07-04T10:16:31Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_rfc3339(text).has_value());
  }
}
