#include "store/journal_index.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "store/receipt_journal.h"

using namespace cocoon;
using namespace cocoon::store;

namespace {

RequestId id_of(std::uint8_t first, std::uint8_t last) {
  ByteArray<16> bytes{};
  bytes.front() = std::byte{first};
  bytes.back() = std::byte{last};
  return RequestId(bytes);
}

Result<std::optional<Place>> find(BytesView index, const RequestId& id, std::uint32_t journal = 1) {
  return find_in_index(journal, id, index.size(), [index](std::size_t offset, std::size_t length) {
    REQUIRE(offset + length <= index.size());
    return Result<Bytes>(to_bytes(index.subspan(offset, length)));
  });
}

const Places kThree{{id_of(0, 1), {.offset = 0, .length = 37}},
                    {id_of(0, 2), {.offset = 37, .length = 28}},
                    {id_of(9, 2), {.offset = 65, .length = 28}}};

}  // namespace

TEST_CASE("an index finds what is in it and nothing else") {
  const Bytes index = encode_index(1, kThree);
  for (const auto& [id, place] : kThree) CHECK(*find(index, id) == place);
  CHECK(*find(index, id_of(0, 3)) == std::nullopt);
  CHECK(*find(index, id_of(200, 1)) == std::nullopt);
}

TEST_CASE("an index encodes as another hand wrote it by docs/formats/receipt-journal.md") {
  std::ifstream file("tests/corpus/store_journal_index/two", std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  Places two = kThree;
  two.erase(id_of(9, 2));
  CHECK(encode_index(1, two) == to_bytes(bytes));
}

TEST_CASE(
    "a flipped bit of an index hides nothing: what is found is right or the index is refused") {
  const Bytes whole = encode_index(1, kThree);
  const std::size_t entries = 4096;
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    const std::size_t at = bit / 8;
    if (at >= 16 * 10 && at < entries) continue;  // rows that no id of ours is in
    Bytes index = whole;
    index[at] ^= static_cast<std::byte>(1U << (bit % 8));
    for (const auto& [id, place] : kThree) {
      const auto found = find(index, id);
      CHECK((!found.has_value() || *found == place));
      refused += found.has_value() ? 0 : 1;
    }
  }
  // Two ids share the first row and its two entries, the third has its own.
  CHECK_EQ(refused, (2 + 1) * 16 * 8 + (2 * 2 + 1) * 24 * 8);
}

TEST_CASE("an index that is cut short, empty or another journal's is refused") {
  const Bytes whole = encode_index(1, kThree);
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_FALSE(find(BytesView(whole).first(length), id_of(9, 2)).has_value());
  CHECK(find(whole, id_of(9, 2), 2).error().is(StoreError::kUnreadable));
  CHECK_FALSE(find(Bytes(whole.size()), id_of(9, 2)).has_value());
}
