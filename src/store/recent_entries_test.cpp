#include "store/recent_entries.h"

#include <doctest/doctest.h>

namespace cocoon::store {
namespace {

ReceiptHash entry(std::uint8_t number) {
  ByteArray<32> bytes{};
  bytes[0] = static_cast<std::byte>(number);
  return ReceiptHash(bytes);
}

TEST_CASE("the last entries are found where they are, those before them are not") {
  RecentEntries recent(3);
  for (std::uint8_t i = 1; i <= 5; ++i) recent.remember(entry(i), i);
  CHECK_FALSE(recent.find(entry(1)).has_value());
  CHECK_FALSE(recent.find(entry(2)).has_value());
  for (std::uint8_t i = 3; i <= 5; ++i) CHECK_EQ(recent.find(entry(i)), i);
  CHECK_FALSE(recent.find(entry(9)).has_value());
}

TEST_CASE("of equal entries the later one counts, until it is too old itself") {
  RecentEntries recent(3);
  recent.remember(entry(7), 0);
  recent.remember(entry(7), 1);
  recent.remember(entry(1), 2);
  recent.remember(entry(2), 3);
  CHECK_EQ(recent.find(entry(7)), 1);
  recent.remember(entry(3), 4);
  CHECK_FALSE(recent.find(entry(7)).has_value());
}

TEST_CASE("none are remembered where none are wanted") {
  RecentEntries recent(0);
  recent.remember(entry(1), 0);
  CHECK_FALSE(recent.find(entry(1)).has_value());
}

}  // namespace
}  // namespace cocoon::store
