#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/money.h"
#include "base/reader.h"
#include "base/recent_map.h"
#include "base/secret.h"
#include "base/strong.h"

using namespace cocoon;

TEST_CASE("hexadecimal round-trips and refuses odd lengths and foreign characters") {
  const Bytes bytes = from_hex("00ffA1").value();
  CHECK_EQ(to_hex(bytes), "00ffa1");
  CHECK_FALSE(from_hex("0").has_value());
  CHECK_FALSE(from_hex("0g").has_value());
}

TEST_CASE("a reader never reads past the end and reports what is left over") {
  const Bytes bytes = from_hex("0102030405").value();
  Reader reader(bytes);
  CHECK_EQ(reader.u16().value(), 0x0102);
  CHECK(reader.u32().error().is(BaseError::kTruncated));
  CHECK(reader.expect_end().error().is(BaseError::kTrailingBytes));
  CHECK_EQ(reader.take(3).value().size(), 3);
  CHECK(reader.expect_end().has_value());
}

TEST_CASE("a reader and a writer agree in both byte orders") {
  for (const Endian endian : {Endian::kBig, Endian::kLittle}) {
    Writer writer(endian);
    writer.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).zeros(2);
    Reader reader(writer.view(), endian);
    CHECK_EQ(reader.u8().value(), 1);
    CHECK_EQ(reader.u16().value(), 0x0203);
    CHECK_EQ(reader.u32().value(), 0x04050607);
    CHECK_EQ(reader.u64().value(), 0x08090a0b0c0d0e0f);
    CHECK_EQ(reader.u16().value(), 0);
    CHECK(reader.at_end());
  }
}

TEST_CASE("a tagged hash takes exactly its length") {
  CHECK(Kid::from(Bytes(32)).has_value());
  CHECK_FALSE(Kid::from(Bytes(31)).has_value());
  CHECK(Kid::from(Bytes(32)).value().is_zero());
}

TEST_CASE("amounts parse exactly and refuse what they cannot hold") {
  CHECK_EQ(NanoTon::parse("0.05").value().nano(), 50'000'000);
  CHECK_EQ(NanoTon::parse("1.000000001").value().decimal(), "1.000000001");
  CHECK_EQ(NanoTon::parse("12").value().decimal(), "12");
  for (const char* bad : {"", ".", "1.", ".5", "-1", "1e3", "0.0000000001", "9223372037", "0x1",
                          "1,5", "99999999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(NanoTon::parse(bad).has_value());
  }
}

TEST_CASE("amounts never wrap around") {
  const NanoTon most = NanoTon::from_nano(NanoTon::kMax).value();
  const NanoTon one = NanoTon::from_nano(1).value();
  CHECK_FALSE(most.plus(one).has_value());
  CHECK_FALSE(NanoTon().minus(one).has_value());
  CHECK_FALSE(most.times(2).has_value());
  CHECK_FALSE(NanoTon::from_nano(NanoTon::kMax + 1).has_value());
  CHECK_EQ(most.minus(most).value(), NanoTon());
}

TEST_CASE("a secret leaves nothing behind where it was taken or moved from") {
  ByteArray<4> original{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  SecretArray<4> secret(original);
  CHECK_EQ(to_hex(original), "00000000");
  const SecretArray<4> moved = std::move(secret);
  // That is the point. NOLINTNEXTLINE(bugprone-use-after-move)
  CHECK_EQ(to_hex(secret.expose()), "00000000");
  CHECK(moved == moved.clone());
}

TEST_CASE("a log line is one JSON object that escapes what it quotes") {
  std::string line;
  const Logger logger(LogLevel::kInfo, [&](std::string_view text) { line = text; });
  logger.debug("test.hidden");
  CHECK(line.empty());
  logger.info("test.event", {LogField::count("n", 3), LogField::endpoint("a\"b\n")});
  CHECK(line.ends_with(R"("level":"info","event":"test.event","n":3,"endpoint":"a\"b\u000a"})"));
}

TEST_CASE("a recent map keeps the last ones, and gives up what came first") {
  RecentMap<int, std::string> recent(2);
  recent.remember(1, "one");
  recent.remember(2, "two");
  recent.remember(1, "uno");
  REQUIRE(recent.find(1) != nullptr);
  CHECK_EQ(*recent.find(1), "uno");
  recent.remember(3, "three");
  CHECK_EQ(recent.find(1), nullptr);
  CHECK_EQ(*recent.find(2), "two");
  CHECK_EQ(*recent.find(3), "three");
  CHECK_EQ(recent.size(), 2);
  RecentMap<int, int> none(0);
  none.remember(1, 1);
  CHECK_EQ(none.find(1), nullptr);
}
