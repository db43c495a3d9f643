#include "channel/contract.h"

#include "channel/vectors_test.h"
#include "ton/cell/boc.h"

namespace cocoon::channel {
namespace {

using namespace cocoon::testing;

NanoTon nano(std::uint64_t value) { return NanoTon::from_nano(value).value(); }

ChannelState state_named(std::string_view name) {
  for (const codec::Json& vector : items(vectors::all(), "states")) {
    if (text(vector, "name") == name) return vectors::state(vector);
  }
  FAIL("no such state");
  return {};
}

std::optional<ton::Account> account_of(const ChannelState& state) {
  ton::Account account;
  account.address = channel_address(state.parameters).value();
  account.balance = nano(1'550'000'000);
  account.status = ton::AccountStatus::kActive;
  account.state = ton::StateInit{
      .code = contract_code().value(), .data = state.data().value(), .library = nullptr};
  return account;
}

TEST_CASE("the code is the contract's, and addresses are as the contract's tests have them") {
  const codec::Json pinned = read_json("contracts/code/channel.json");
  CHECK(contract_code().value()->hash() == vectors::cell(pinned, "boc")->hash());
  CHECK_EQ(contract_code().value()->hash().hex(), text(vectors::all(), "code_hash"));
  CHECK(channel_address(state_named("open").parameters).value() ==
        vectors::address(member(vectors::all(), "address")));
}

TEST_CASE("states are read and written as another hand wrote them") {
  for (const codec::Json& vector : items(vectors::all(), "states")) {
    const ton::CellRef data = vectors::cell(vector, "data");
    const Result<ChannelState> state = ChannelState::read(data);
    REQUIRE(state.has_value());
    CHECK(*state == vectors::state(vector));
    CHECK(state->data().value()->hash() == data->hash());
    CHECK_EQ(data->hash().hex(), text(vector, "data_hash"));
  }
}

TEST_CASE("message bodies are what the contract reads") {
  const codec::Json& all = vectors::all();
  const NanoTon value = nano(kPayoutValueMinNano);
  for (const codec::Json& vector : items(all, "vouchers")) {
    const Result<Voucher> voucher = Voucher::decode(hex(vector, "bytes"));
    if (!voucher) continue;
    const SignedVoucher with_signature{
        .voucher = *voucher,
        .signature = crypto::Ed25519Signature::from(hex(vector, "signature")).value()};
    const auto message = redeem_message(with_signature, value).value();
    CHECK(message.body->hash() == vectors::cell(vector, "redeem_body")->hash());
    CHECK(message.to == voucher->channel.address);
  }
  for (const codec::Json& vector : items(all, "final_amounts")) {
    const FinalAmount amount = FinalAmount::decode(hex(vector, "bytes")).value();
    const auto message =
        coop_close_message(
            amount, crypto::Ed25519Signature::from(hex(vector, "payer_signature")).value(),
            crypto::Ed25519Signature::from(hex(vector, "payee_signature")).value(), value)
            .value();
    CHECK(message.body->hash() == vectors::cell(vector, "coop_close_body")->hash());
  }
  const ton::Address to = vectors::address(member(all, "address"));
  CHECK(start_close_message(to, value).value().body->hash() ==
        vectors::cell(all, "start_close_body")->hash());
  CHECK(finish_message(to, value).value().body->hash() ==
        vectors::cell(all, "finish_body")->hash());
  CHECK(top_up_message(to, value).body->hash() == ton::Cell::empty()->hash());
}

TEST_CASE("a deposit carries the fresh state, and goes where it lives") {
  const ChannelParameters parameters = state_named("fresh").parameters;
  const auto message = deposit_message(parameters, nano(1)).value();
  CHECK(message.to == vectors::address(member(vectors::all(), "address")));
  CHECK(message.init.value().data->hash() == state_named("fresh").data().value()->hash());
  CHECK(message.body->hash() == ton::Cell::empty()->hash());
  ChannelParameters long_delay = parameters;
  long_delay.close_delay = kCloseDelayMax + std::chrono::seconds(1);
  CHECK_FALSE(deposit_message(long_delay, nano(1)).has_value());
}

TEST_CASE("payouts need the value that the contract asks for") {
  const FinalAmount amount{};
  CHECK_FALSE(redeem_message({}, nano(kPayoutValueMinNano - 1)).has_value());
  CHECK_FALSE(coop_close_message(amount, {}, {}, nano(0)).has_value());
}

TEST_CASE("a proven channel is the pinned code at the address of its parameters") {
  const ChannelState open = state_named("open");
  const auto proven = read_channel(NetworkId(-239), account_of(open)).value();
  CHECK(proven.state == open);
  CHECK(proven.id == ChannelId{.network = NetworkId(-239),
                               .address = vectors::address(member(vectors::all(), "address")),
                               .epoch = open.epoch});
  CHECK(proven.balance == nano(1'550'000'000));

  CHECK(read_channel(NetworkId(-239), std::nullopt).error().is(ChannelError::kNotAChannel));
  auto account = account_of(open);
  account->status = ton::AccountStatus::kFrozen;
  CHECK_FALSE(read_channel(NetworkId(-239), account).has_value());
  account = account_of(open);
  account->state->code = ton::Cell::empty();
  CHECK(read_channel(NetworkId(-239), account).error().is(ChannelError::kNotAChannel));
  account = account_of(open);
  account->state->data = nullptr;
  CHECK_FALSE(read_channel(NetworkId(-239), account).has_value());
  // Deployed elsewhere, with figures made up.
  account = account_of(open);
  account->address.account = {};
  CHECK(read_channel(NetworkId(-239), account).error().is(ChannelError::kNotAChannel));
  account = account_of(open);
  account->address.workchain = -1;
  CHECK_FALSE(read_channel(NetworkId(-239), account).has_value());
}

TEST_CASE("data of another shape is refused") {
  const ton::CellRef data = state_named("open").data().value();
  const auto altered = [&](const ton::Builder& tail, std::size_t bits) {
    const auto bit_string = ton::BitString(data->data(), bits);
    return ton::Builder().bits(bit_string).rest_of(ton::Slice::open(tail.build().value()).value());
  };
  const ton::Builder rest = ton::Builder().ref(data->refs()[0]);
  REQUIRE(ChannelState::read(altered(rest, data->bits()).build().value()).has_value());
  CHECK_FALSE(ChannelState::read(altered(rest, data->bits() - 1).build().value()).has_value());
  CHECK_FALSE(ChannelState::read(altered({}, data->bits()).build().value()).has_value());
  const ton::Builder longer = ton::Builder().bit(true).ref(data->refs()[0]);
  CHECK_FALSE(ChannelState::read(altered(longer, data->bits()).build().value()).has_value());
  const ton::Builder two = ton::Builder().ref(data->refs()[0]).ref(data->refs()[0]);
  CHECK_FALSE(ChannelState::read(altered(two, data->bits()).build().value()).has_value());

  Bytes unknown_status = to_bytes(data->data());
  unknown_status[4] = std::byte{4};
  CHECK_FALSE(ChannelState::read(ton::Cell::create(ton::CellForm::kOrdinary, unknown_status,
                                                   data->bits(), data->refs())
                                     .value())
                  .has_value());
  Bytes huge = to_bytes(data->data());
  huge[9] = std::byte{1};
  CHECK(ChannelState::read(
            ton::Cell::create(ton::CellForm::kOrdinary, huge, data->bits(), data->refs()).value())
            .error()
            .is(ChannelError::kAmount));
}

}  // namespace
}  // namespace cocoon::channel
