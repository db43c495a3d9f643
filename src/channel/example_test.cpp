#include "channel/example_test.h"

#include <doctest/doctest.h>

#include "base/reader.h"

namespace cocoon::channel::example {
namespace {

crypto::Ed25519KeyPair key_of(unsigned char first) {
  ByteArray<32> seed{static_cast<std::byte>(first)};
  return crypto::Ed25519KeyPair::from_seed(SecretArray<32>(seed));
}

}  // namespace

NanoTon nano(std::uint64_t value) { return NanoTon::from_nano(value).value(); }

RequestId request(std::uint64_t number) {
  return RequestId::from(Writer().u64(number).u64(0).view()).value();
}

const crypto::Ed25519KeyPair& payer_key() {
  static const crypto::Ed25519KeyPair key = key_of(1);
  return key;
}

const crypto::Ed25519KeyPair& payee_key() {
  static const crypto::Ed25519KeyPair key = key_of(2);
  return key;
}

PayeeIdentity payee_identity() { return {.payout = {}, .key = &payee_key()}; }

ProvenChannel open_channel(std::uint64_t deposit_nano) {
  ProvenChannel channel;
  channel.state.parameters.payer_key = payer_key().public_key();
  channel.state.parameters.payee_key = payee_key().public_key();
  channel.state.parameters.close_delay = std::chrono::hours(24);
  channel.state.epoch = ChannelEpoch(1'800'000'000);
  channel.state.status = ChannelStatus::kOpen;
  channel.state.deposit = nano(deposit_nano);
  channel.id = {.network = NetworkId(-239),
                .address = channel_address(channel.state.parameters).value(),
                .epoch = channel.state.epoch};
  channel.balance = nano(deposit_nano + kStorageReserveNano);
  return channel;
}

PayerBooks fresh_payer(const ProvenChannel& proven) {
  PayerBooks books;
  books.record.channel = proven.id;
  return books;
}

PayeeBooks fresh_payee(const ProvenChannel& proven) { return Payee::baseline(proven, {}); }

void redeem(ProvenChannel& channel, const SignedVoucher& voucher) {
  ChannelState& state = channel.state;
  if (voucher.voucher.channel != channel.id ||
      !verify_voucher(voucher, state.parameters.payer_key) ||
      state.status == ChannelStatus::kClosed) {
    return;
  }
  const NanoTon upto = std::min(voucher.voucher.cumulative, state.deposit);
  if (upto <= state.paid) return;
  channel.balance = channel.balance.minus(upto.minus(state.paid).value()).value();
  state.paid = upto;
}

Settled coop_close(ProvenChannel& channel, const FinalAmount& amount) {
  ChannelState& state = channel.state;
  REQUIRE(amount.channel == channel.id);
  REQUIRE(amount.amount >= state.paid);
  REQUIRE(amount.amount <= state.deposit);
  const NanoTon back = state.deposit.minus(amount.amount).value();
  state.paid = state.deposit = amount.amount;
  state.status = ChannelStatus::kClosed;
  channel.balance = {};
  return {.payee = amount.amount, .payer = back};
}

Settled finish(ProvenChannel& channel) {
  ChannelState& state = channel.state;
  REQUIRE(state.status == ChannelStatus::kClosing);
  const NanoTon back = state.deposit.minus(state.paid).value();
  state.deposit = state.paid;
  state.status = ChannelStatus::kClosed;
  channel.balance = {};
  return {.payee = state.paid, .payer = back};
}

}  // namespace cocoon::channel::example
