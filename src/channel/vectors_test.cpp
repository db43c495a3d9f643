#include "channel/vectors_test.h"

#include <charconv>

#include "ton/cell/boc.h"

namespace cocoon::channel::vectors {

using namespace cocoon::testing;

const codec::Json& all() {
  static const codec::Json json = read_json("tests/data/formats/channel.json");
  return json;
}

crypto::Ed25519KeyPair key(std::string_view seed_field) {
  return crypto::Ed25519KeyPair::from_seed(
      SecretArray<32>::copy_of(hex(all(), seed_field)).value());
}

ton::Address address(const codec::Json& account) {
  const Result<std::int64_t> workchain = member(account, "workchain").as_integer();
  REQUIRE(workchain.has_value());
  return {.workchain = static_cast<std::int32_t>(*workchain),
          .account = ton::AccountId::from(hex(account, "account")).value()};
}

NetworkId network(const codec::Json& document) {
  const Result<std::int64_t> id = member(document, "network").as_integer();
  REQUIRE(id.has_value());
  return NetworkId(static_cast<std::int32_t>(*id));
}

std::uint64_t decimal(const codec::Json& object, std::string_view field) {
  const std::string& digits = text(object, field);
  std::uint64_t value = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  REQUIRE(read.ec == std::errc());
  REQUIRE(read.ptr == digits.data() + digits.size());
  return value;
}

ton::CellRef cell(const codec::Json& object, std::string_view field) {
  return ton::parse_boc_root(hex(object, field)).value();
}

ChannelState state(const codec::Json& object) {
  const auto seconds = [&](std::string_view field) {
    return static_cast<std::uint32_t>(number(object, field));
  };
  const auto nano = [&](std::string_view field) {
    return NanoTon::from_nano(decimal(object, field)).value();
  };
  const auto public_key = [&](std::string_view field) {
    return crypto::Ed25519PublicKey::from(hex(object, field)).value();
  };
  return {.epoch = ChannelEpoch(seconds("epoch")),
          .status = static_cast<ChannelStatus>(number(object, "status")),
          .closes_at = UnixSeconds(seconds("closes_at")),
          .deposit = nano("deposit_nano"),
          .paid = nano("paid_nano"),
          .parameters = {.payer = address(member(object, "payer")),
                         .payee = address(member(object, "payee")),
                         .payer_key = public_key("payer_key"),
                         .payee_key = public_key("payee_key"),
                         .close_delay = std::chrono::seconds(seconds("close_delay")),
                         .salt = decimal(object, "salt")}};
}

}  // namespace cocoon::channel::vectors
