#include "channel/contract.h"

#include "channel/contract_code.h"
#include "ton/cell/boc.h"

namespace cocoon::channel {
namespace {

constexpr std::size_t kAmountHighBits = 56;  // of a uint120, above the 64 that programs handle
constexpr std::uint32_t kRedeem = 0x43435244;
constexpr std::uint32_t kStartClose = 0x43435343;
constexpr std::uint32_t kFinish = 0x43434649;
constexpr std::uint32_t kCoopClose = 0x43434343;

Result<NanoTon> load_amount(ton::Slice& from) {
  TRY(const std::uint64_t high, from.load_uint(kAmountHighBits));
  TRY(const std::uint64_t low, from.load_uint(64));
  if (high != 0 || low > NanoTon::kMax)
    return fail(ChannelError::kAmount, "an amount of 2^63 nano or more");
  return NanoTon::from_nano(low);
}

void store_amount(ton::Builder& to, NanoTon amount) {
  to.uint(0, kAmountHighBits).uint(amount.nano(), 64);
}

Result<ChannelStatus> status_from(std::uint8_t value) {
  if (value > static_cast<std::uint8_t>(ChannelStatus::kClosed))
    return fail(ChannelError::kMalformed, "a channel in no known state");
  return static_cast<ChannelStatus>(value);
}

Result<ChannelState> read_state(const ton::CellRef& data) {
  ChannelState state;
  ChannelParameters& parameters = state.parameters;
  TRY(ton::Slice root, ton::Slice::open(data));
  TRY(const auto epoch, root.load<std::uint32_t>());
  state.epoch = ChannelEpoch(epoch);
  TRY(const auto status, root.load<std::uint8_t>());
  TRY(state.status, status_from(status));
  TRY(const auto closes_at, root.load<std::uint32_t>());
  state.closes_at = UnixSeconds(closes_at);
  TRY(state.deposit, load_amount(root));
  TRY(state.paid, load_amount(root));
  TRY(parameters.payer_key, root.load_tagged<crypto::Ed25519PublicKey>());
  TRY(parameters.payee, ton::load_address(root));
  TRY(ton::CellRef rest, root.load_ref());
  TRY_VOID(root.expect_end());
  TRY(ton::Slice terms, ton::Slice::open(std::move(rest)));
  TRY(parameters.payer, ton::load_address(terms));
  TRY(parameters.payee_key, terms.load_tagged<crypto::Ed25519PublicKey>());
  TRY(const auto delay, terms.load<std::uint32_t>());
  parameters.close_delay = std::chrono::seconds(delay);
  TRY(parameters.salt, terms.load<std::uint64_t>());
  TRY_VOID(terms.expect_end());
  return state;
}

// The failures of cells, as this room's.
Error as_malformed(Error error) {
  if (error.library() == Library::kChannel) return error;
  return {ChannelError::kMalformed, error.message()};
}

Result<ton::InternalMessage> message_to(const ton::Address& channel, NanoTon value,
                                        const ton::Builder& body) {
  ton::InternalMessage message{.to = channel, .amount = value};
  TRY(message.body, body.build());
  return message;
}

Status expect_payout_value(NanoTon value) {
  if (value.nano() < kPayoutValueMinNano)
    return fail(ChannelError::kAmount, "less than what the channel takes to pay somebody");
  return {};
}

}  // namespace

Result<ChannelState> ChannelState::read(const ton::CellRef& data) {
  Result<ChannelState> state = read_state(data);
  if (!state) return std::unexpected(as_malformed(std::move(state).error()));
  return state;
}

Result<ton::CellRef> ChannelState::data() const {
  const std::chrono::seconds::rep delay = parameters.close_delay.count();
  if (delay < 0 || delay > std::numeric_limits<std::uint32_t>::max())
    return fail(ChannelError::kMalformed, "a close delay that does not fit");
  ton::Builder terms;
  ton::store_address(terms, parameters.payer);
  terms.bytes(parameters.payee_key.view())
      .uint(static_cast<std::uint64_t>(delay), 32)
      .uint(parameters.salt, 64);
  TRY(ton::CellRef terms_cell, terms.build());
  ton::Builder root;
  root.uint(epoch.value(), 32)
      .uint(static_cast<std::uint8_t>(status), 8)
      .uint(closes_at.value(), 32);
  store_amount(root, deposit);
  store_amount(root, paid);
  root.bytes(parameters.payer_key.view());
  ton::store_address(root, parameters.payee);
  root.ref(std::move(terms_cell));
  return root.build();
}

Result<ton::CellRef> contract_code() {
  TRY(const Bytes boc, from_hex(kContractCode));
  return ton::parse_boc_root(boc);
}

Result<ton::StateInit> state_init(const ChannelParameters& parameters) {
  ton::StateInit init;
  TRY(init.code, contract_code());
  ChannelState fresh;
  fresh.parameters = parameters;
  TRY(init.data, fresh.data());
  return init;
}

Result<ton::Address> channel_address(const ChannelParameters& parameters) {
  TRY(const ton::StateInit init, state_init(parameters));
  return ton::address_of(kChannelWorkchain, init);
}

Result<ProvenChannel> read_channel(NetworkId network, const std::optional<ton::Account>& account) {
  if (!account || account->status != ton::AccountStatus::kActive || !account->state ||
      account->state->code == nullptr || account->state->data == nullptr) {
    return fail(ChannelError::kNotAChannel, "no contract is at this address");
  }
  TRY(const ton::CellRef code, contract_code());
  if (account->state->code->hash() != code->hash())
    return fail(ChannelError::kNotAChannel, "another contract is at this address");
  ProvenChannel proven;
  proven.balance = account->balance;
  TRY(proven.state, ChannelState::read(account->state->data));
  TRY(const ton::Address address, channel_address(proven.state.parameters));
  if (address != account->address)
    return fail(ChannelError::kNotAChannel, "a channel that did not begin as one");
  proven.id = {.network = network, .address = address, .epoch = proven.state.epoch};
  return proven;
}

Status expect_newer(const ProvenChannel& before, const ProvenChannel& after) {
  if (after.id != before.id || after.state.parameters != before.state.parameters)
    return fail(ChannelError::kOtherChannel, "the state of another channel, or of another life");
  // Closing sets the deposit to what was paid.
  const bool is_credited_less =
      after.state.status != ChannelStatus::kClosed && after.state.deposit < before.state.deposit;
  if (after.state.status < before.state.status || after.state.paid < before.state.paid ||
      is_credited_less) {
    return fail(ChannelError::kConflict, "an older state of this channel");
  }
  return {};
}

Result<ton::InternalMessage> deposit_message(const ChannelParameters& parameters, NanoTon value) {
  if (parameters.close_delay > kCloseDelayMax)
    return fail(ChannelError::kMalformed, "a close delay that the contract refuses");
  TRY(ton::StateInit init, state_init(parameters));
  TRY(const ton::Address address, ton::address_of(kChannelWorkchain, init));
  return ton::InternalMessage{.to = address, .amount = value, .init = std::move(init)};
}

ton::InternalMessage top_up_message(const ton::Address& channel, NanoTon value) {
  return {.to = channel, .amount = value};
}

Result<ton::InternalMessage> redeem_message(const SignedVoucher& voucher, NanoTon value) {
  TRY_VOID(expect_payout_value(value));
  ton::Builder body;
  body.uint(kRedeem, 32).bytes(voucher.signature.view()).uint(voucher.voucher.seq.value(), 64);
  store_amount(body, voucher.voucher.cumulative);
  body.bytes(voucher.voucher.context.view());
  return message_to(voucher.voucher.channel.address, value, body);
}

Result<ton::InternalMessage> start_close_message(const ton::Address& channel, NanoTon value) {
  return message_to(channel, value, ton::Builder().uint(kStartClose, 32));
}

Result<ton::InternalMessage> finish_message(const ton::Address& channel, NanoTon value) {
  return message_to(channel, value, ton::Builder().uint(kFinish, 32));
}

Result<ton::InternalMessage> coop_close_message(const FinalAmount& amount,
                                                const crypto::Ed25519Signature& payer,
                                                const crypto::Ed25519Signature& payee,
                                                NanoTon value) {
  TRY_VOID(expect_payout_value(value));
  TRY(ton::CellRef of_payee, ton::Builder().bytes(payee.view()).build());
  ton::Builder body;
  body.uint(kCoopClose, 32);
  store_amount(body, amount.amount);
  body.bytes(payer.view()).ref(std::move(of_payee));
  return message_to(amount.channel.address, value, body);
}

}  // namespace cocoon::channel
