#include "ton/block/block.h"

#include <doctest/doctest.h>

#include "ton/block/account.h"
#include "ton/block/validators.h"

namespace cocoon::ton {
namespace {

TEST_CASE("addresses read from both forms and are written back") {
  const std::string_view friendly = "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N";
  const ParsedAddress parsed = parse_address(friendly).value();
  CHECK(parsed.bounce == Bounce::kBounceable);
  CHECK(parsed.net == AddressNet::kMainnet);
  CHECK(raw_address(parsed.address) ==
        "0:83dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8");
  CHECK(friendly_address(parsed.address, Bounce::kBounceable, AddressNet::kMainnet) == friendly);
  for (const auto bounce : {Bounce::kBounceable, Bounce::kNonBounceable}) {
    for (const auto net : {AddressNet::kMainnet, AddressNet::kTestnet}) {
      const ParsedAddress again =
          parse_address(friendly_address({kMasterchain, parsed.address.account}, bounce, net))
              .value();
      CHECK(again.bounce == bounce);
      CHECK(again.net == net);
      CHECK(again.address == Address{kMasterchain, parsed.address.account});
    }
  }
  CHECK(parse_address(raw_address(parsed.address)).value().address == parsed.address);
}

TEST_CASE("addresses with a wrong checksum, length, alphabet or workchain are refused") {
  for (const std::string_view text :
       {"", ":", "0:", "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2M",
        "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2",
        "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xq!2N",
        "128:83dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8",
        "0 :83dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8"}) {
    CHECK_FALSE(parse_address(text).has_value());
  }
}

TEST_CASE("a shard has the accounts that begin with its prefix") {
  const auto account = AccountId::from_hex("a" + std::string(63, '0')).value();
  CHECK(shard_contains({0, kWholeShard}, 0, account));
  CHECK_FALSE(shard_contains({0, kWholeShard}, kMasterchain, account));
  CHECK(shard_contains({0, 0xA800000000000000}, 0, account));        // prefix 1010
  CHECK_FALSE(shard_contains({0, 0xB800000000000000}, 0, account));  // prefix 1011
  CHECK_FALSE(shard_contains({0, 0}, 0, account));
}

TEST_CASE("an external message reads back, with its body where it fits") {
  const Address to{0, AccountId::from_hex(std::string(64, '7')).value()};
  for (const std::size_t length : {0U, 40U, 120U}) {
    const CellRef body = Builder().bytes(Bytes(length, std::byte{1})).build().value();
    const CellRef message = external_message(to, std::nullopt, body).value();
    const auto read = read_external_in(message).value();
    REQUIRE(read.has_value());
    CHECK(read->to == to);
    CHECK(read->body->hash() == body->hash());
    CHECK(normalized_hash(read->to, read->body).value() == normalized_hash(to, body).value());
  }
  CHECK_FALSE(read_external_in(internal_message({.to = to}).value()).value().has_value());
}

TEST_CASE(
    "validators that are not numbered in a row, weigh nothing or add up wrongly are refused") {
  const auto descriptor = [](std::uint64_t weight) {
    return Builder()
        .uint(0x53, 8)
        .uint(0x8e81278a, 32)
        .bytes(Bytes(32, std::byte{1}))
        .uint(weight, 64)
        .build()
        .value();
  };
  const auto list = [&](const HashmapValues& values, std::uint64_t total, std::uint64_t weight) {
    return read_validators(Builder()
                               .uint(0x12, 8)
                               .uint(0, 64)
                               .uint(total, 16)
                               .uint(1, 16)
                               .uint(weight, 64)
                               .maybe_ref(write_hashmap(values, 16).value())
                               .build()
                               .value());
  };
  const auto key = [](std::uint64_t i) { return BitString::of_number(i, 16); };
  CHECK(list({{key(0), descriptor(5)}, {key(1), descriptor(6)}}, 2, 11).value().all.size() == 2);
  CHECK_FALSE(list({{key(0), descriptor(5)}, {key(2), descriptor(6)}}, 2, 11).has_value());
  CHECK_FALSE(list({{key(0), descriptor(5)}, {key(1), descriptor(0)}}, 2, 5).has_value());
  CHECK_FALSE(list({{key(0), descriptor(5)}, {key(1), descriptor(6)}}, 2, 12).has_value());
  CHECK_FALSE(list({{key(0), descriptor(5)}}, 2, 5).has_value());
  CHECK_FALSE(list({}, 0, 1).has_value());
  CHECK_FALSE(list({{key(0), descriptor(std::uint64_t{1} << 62U)}}, 1, std::uint64_t{1} << 62U)
                  .has_value());
}

}  // namespace
}  // namespace cocoon::ton
