#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "ton/cell/boc.h"
#include "ton/cell/crc.h"
#include "ton/cell/hashmap.h"

namespace cocoon::ton {
namespace {

Bytes recorded(const std::string& name) {
  std::ifstream file("tests/data/ton/" + name);
  REQUIRE(file.good());
  std::string hex;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('#')) hex += line;
  }
  return from_hex(hex).value();
}

CellRef leaf(std::uint64_t value) { return Builder().uint(value, 32).build().value(); }

TEST_CASE("checksums have the published check values") {
  CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
  CHECK(crc16(as_bytes("123456789")) == 0x31C3);
  // RFC 3720 §B.4, whose bytes stand in the other order.
  CHECK(crc32c(Bytes(32)) == 0x8A9136AA);
  CHECK(crc32c(Bytes(32, std::byte{0xFF})) == 0x62A8AB43);
  Bytes rising(32);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<std::byte>(i);
  CHECK(crc32c(rising) == 0x46DD794E);
}

TEST_CASE("bits are read and copied between any two places as one by one") {
  const Bytes from = from_hex("9c61f03ad7428be51f6079c4ad0e83b5d12f").value();
  for (std::size_t at = 0; at < 17; ++at) {
    for (std::size_t count = 0; count <= 100; ++count) {
      std::uint64_t number = 0;
      for (std::size_t i = 0; i < std::min<std::size_t>(count, 64); ++i) {
        number = number << 1U | (bit_at(from, at + i) ? 1U : 0U);
      }
      REQUIRE(bits_at(from, at, std::min<std::size_t>(count, 64)) == number);
      for (std::size_t to_at = 0; to_at < 9; ++to_at) {
        Bytes to(16, std::byte{0x5A});
        copy_bits(to, to_at, from, at, count);
        for (std::size_t i = 0; i < to.size() * 8; ++i) {
          const bool is_copied = i >= to_at && i < to_at + count;
          const Bytes before(16, std::byte{0x5A});
          REQUIRE(bit_at(to, i) == (is_copied ? bit_at(from, at + i - to_at) : bit_at(before, i)));
        }
      }
    }
  }
}

TEST_CASE("the empty cell has its known hash") {
  CHECK(Cell::empty()->hash().hex() ==
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
}

TEST_CASE("mainnet blocks have the root hashes that validators signed") {
  const auto master = parse_boc_root(recorded("block-masterchain.hex"));
  REQUIRE(master.has_value());
  CHECK((*master)->hash().hex() ==
        "e55bf9675a44540e6399b171a63045b48294a56e9c67ddb442c10f02adac15e0");
  const auto base = parse_boc_root(recorded("block-basechain.hex"));
  REQUIRE(base.has_value());
  CHECK((*base)->hash().hex() ==
        "80cbafe6a27bb13ff6f7aa1a103d8a30989fba77c737457160b372359fcf5696");
}

TEST_CASE("bags read back from every header") {
  const CellRef shared = leaf(7);
  const CellRef root = Builder()
                           .uint(5, 3)
                           .ref(shared)
                           .ref(Builder().bit(true).ref(shared).build().value())
                           .build()
                           .value();
  for (const BocHeader header :
       {BocHeader::kGeneric, BocHeader::kGenericCrc, BocHeader::kGenericIndexedCrc,
        BocHeader::kIndexed, BocHeader::kIndexedCrc}) {
    const Bytes bytes = write_boc(root, header).value();
    CHECK(parse_boc_root(bytes).value()->hash() == root->hash());
  }
}

TEST_CASE("every cut of a bag is refused, and so is every flipped bit of one with a checksum") {
  const CellRef root = Builder().uint(5, 3).ref(leaf(1)).ref(leaf(2)).build().value();
  const Bytes bytes = write_boc(root).value();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CHECK_FALSE(parse_boc(BytesView(bytes).first(length)).has_value());
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    CHECK_FALSE(parse_boc(changed).has_value());
  }
}

TEST_CASE("refuses a bag that nests deeper than the network allows") {
  CellRef cell = Cell::empty();
  for (std::size_t i = 0; i < kCellDepthMax; ++i) cell = Builder().ref(cell).build().value();
  CHECK(cell->depth() == kCellDepthMax);
  CHECK(parse_boc_root(write_boc(cell).value()).has_value());
  const auto deeper = Builder().ref(cell).build();
  REQUIRE_FALSE(deeper.has_value());
  CHECK(deeper.error().is(TonError::kLimit));
}

TEST_CASE("refuses a Merkle proof that states another hash than its child has") {
  const CellRef child = leaf(1);
  Builder good;
  good.uint(3, 8).bytes(child->hash().view()).uint(child->depth(), 16);
  const BitString bits = Slice::open(good.build().value()).value().rest_bits();
  CHECK(
      Cell::create(CellForm::kExotic, bits.bytes(), bits.size(), std::span(&child, 1)).has_value());
  const CellRef other = leaf(2);
  const auto bad = Cell::create(CellForm::kExotic, bits.bytes(), bits.size(), std::span(&other, 1));
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().is(TonError::kBadProof));
}

TEST_CASE("hashmaps keep what was put in, in the order of keys") {
  HashmapValues values;
  for (std::uint64_t i = 0; i < 500; ++i)
    values.emplace(BitString::of_number(i * 0x9E3779B9U % 65536, 16), leaf(i));
  const CellRef root = write_hashmap(values, 16).value();
  const HashmapValues again = read_hashmap(root, 16, 500).value();
  CHECK(again.size() == values.size());
  for (const auto& [key, value] : values) {
    CHECK(again.at(key)->hash() == value->hash());
    CHECK(hashmap_lookup(root, key).value()->rest_as_cell()->hash() == value->hash());
  }
  CHECK(hashmap_lookup(root, BitString::of_number(1, 16)).value().has_value() ==
        values.contains(BitString::of_number(1, 16)));
  CHECK_FALSE(read_hashmap(root, 16, 499).has_value());
  CHECK(write_hashmap({}, 16).value() == nullptr);
}

TEST_CASE("a pruned branch on a key's way is no absence") {
  HashmapValues values;
  values.emplace(BitString::of_number(0, 8), leaf(0));
  values.emplace(BitString::of_number(255, 8), leaf(1));
  const CellRef root = write_hashmap(values, 8).value();
  Builder pruned;
  pruned.uint(0x0101, 16).bytes(root->refs()[1]->hash().view()).uint(root->refs()[1]->depth(), 16);
  const BitString bits = Slice::open(pruned.build().value()).value().rest_bits();
  const CellRef branch = Cell::create(CellForm::kExotic, bits.bytes(), bits.size(), {}).value();
  const std::array<CellRef, 2> refs{root->refs()[0], branch};
  const CellRef proof = Cell::create(CellForm::kOrdinary, root->data(), root->bits(), refs).value();
  CHECK(proof->hash(0) == root->hash());
  CHECK(proof->hash() != root->hash());
  CHECK(hashmap_lookup(proof, BitString::of_number(0, 8)).value().has_value());
  CHECK_FALSE(hashmap_lookup(proof, BitString::of_number(1, 8)).value().has_value());
  const auto left_out = hashmap_lookup(proof, BitString::of_number(255, 8));
  REQUIRE_FALSE(left_out.has_value());
  CHECK(left_out.error().is(TonError::kPruned));
}

TEST_CASE("an augmented hashmap sums its extras") {
  std::map<BitString, AugmentedValue> values;
  for (std::uint64_t i = 0; i < 20; ++i)
    values.emplace(BitString::of_number(i * 3, 8), AugmentedValue{leaf(i), leaf(100 + i)});
  const CombineExtras sum = [](const CellRef& left, const CellRef& right) -> Result<CellRef> {
    TRY(Slice a, Slice::open(left));
    TRY(Slice b, Slice::open(right));
    TRY(const auto x, a.load<std::uint32_t>());
    TRY(const auto y, b.load<std::uint32_t>());
    return leaf(x + y);
  };
  const AugmentedHashmap map = write_augmented_hashmap(values, 8, sum).value();
  CHECK(map.extra->hash() == leaf(190)->hash());
  Slice found = hashmap_lookup(map.root, BitString::of_number(9, 8)).value().value();
  CHECK(found.load<std::uint32_t>().value() == 3);
  CHECK(found.load<std::uint32_t>().value() == 103);
}

TEST_CASE("amounts beyond the coin's supply are refused") {
  Slice most =
      Slice::open(Builder().coins(NanoTon::from_nano(NanoTon::kMax).value()).build().value())
          .value();
  CHECK(most.load_coins().value().nano() == NanoTon::kMax);
  Slice beyond = Slice::open(Builder().uint(9, 4).uint(1, 8).uint(0, 64).build().value()).value();
  CHECK_FALSE(beyond.load_coins().has_value());
}

}  // namespace
}  // namespace cocoon::ton
