#include <doctest/doctest.h>

#include "ton/tl/lite_answers.h"
#include "ton/tl/lite_queries.h"

namespace cocoon::ton {
namespace {

TEST_CASE("constructor numbers come from their declarations") {
  CHECK(kTlTrue == 0x997275b5);
  CHECK(kTlFalse == 0xbc799737);
  CHECK(tl_id("pub.ed25519 key:int256 = PublicKey") == 0x4813b4c6);
  CHECK(tl_id("liteServer.getMasterchainInfo = liteServer.MasterchainInfo") == 0x89b5e62e);
}

TEST_CASE("byte strings of every length class read back") {
  for (const std::size_t length : {0U, 1U, 3U, 253U, 254U, 255U, 70000U}) {
    const Bytes content(length, std::byte{7});
    const Bytes written = std::move(TlWriter().bytes(content)).take();
    CHECK(written.size() % 4 == 0);
    TlReader reader(written);
    CHECK(equal(reader.bytes().value(), content));
    CHECK(reader.expect_end().has_value());
  }
}

TEST_CASE("refuses padding that is not zero and lengths in the wrong form") {
  CHECK_FALSE(TlReader(from_hex("01aa0100").value()).bytes().has_value());
  CHECK_FALSE(TlReader(from_hex("fe010000aa000000").value()).bytes().has_value());
  CHECK_FALSE(TlReader(from_hex("ff000000").value()).bytes().has_value());
  CHECK_FALSE(TlReader(from_hex("05aabbcc").value()).bytes().has_value());
}

TEST_CASE("a server's error is told apart and its words are made printable") {
  const Bytes answer =
      std::move(TlWriter()
                    .u32(tl_id("liteServer.error code:int message:string = liteServer.Error"))
                    .i32(-400)
                    .bytes(as_bytes("no\nsuch block")))
          .take();
  const auto error = parse_lite_error(answer).value();
  REQUIRE(error.has_value());
  CHECK(error->code == -400);
  CHECK(error->message == "no?such block");
  CHECK_FALSE(parse_masterchain_info(answer).has_value());
}

}  // namespace
}  // namespace cocoon::ton
