#include "codec/base64.h"

#include <doctest/doctest.h>

namespace cocoon::codec {
namespace {

TEST_CASE("base64 matches the vectors of RFC 4648 section 10") {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(to_base64(as_bytes(plain)) == encoded);
    CHECK(from_base64(encoded) == to_bytes(plain));
    const std::string_view unpadded = encoded.substr(0, encoded.find('='));
    CHECK(to_base64url(as_bytes(plain)) == unpadded);
    CHECK(from_base64url(unpadded) == to_bytes(plain));
  }
}

TEST_CASE("base64 alphabets differ in their last two digits and do not mix") {
  const Bytes bytes = *from_hex("fbeffe");
  CHECK(to_base64(bytes) == "++/+");
  CHECK(to_base64url(bytes) == "--_-");
  CHECK_FALSE(from_base64("--_-").has_value());
  CHECK_FALSE(from_base64url("++/+").has_value());
}

TEST_CASE("base64 refuses white space, wrong padding and foreign characters") {
  for (const std::string_view text :
       {"Zg", "Zg=", "Zg===", "Zg==\n", " Zg==", "Zm9v\r\n", "Z", "Zm9vZ", "====", "=",
        "A===", "Zg=A", "Z=g=", "Zm9v====", "Zm9!", "Zm9\x80"}) {
    const Result<Bytes> decoded = from_base64(text);
    REQUIRE_MESSAGE(!decoded.has_value(), text);
    CHECK(decoded.error().is(CodecError::kMalformed));
  }
  for (const std::string_view text : {"Zg==", "Z", "Zm9vZ", "Zm 9v", "Zm8="}) {
    CHECK_FALSE(from_base64url(text).has_value());
  }
  CHECK_FALSE(from_base64(std::string_view("Zm9\0", 4)).has_value());
}

TEST_CASE("base64 refuses non-zero unused bits") {
  CHECK(from_base64("Zh==").error().is(CodecError::kNotCanonical));
  CHECK(from_base64("Zm9=").error().is(CodecError::kNotCanonical));
  CHECK(from_base64url("Zh").error().is(CodecError::kNotCanonical));
}

}  // namespace
}  // namespace cocoon::codec
