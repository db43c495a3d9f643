#pragma once

#include <chrono>
#include <optional>

#include "channel/voucher.h"
#include "ton/block/account.h"

namespace cocoon::channel {

// The contract's constants (contracts/src/channel.tolk).
inline constexpr std::int32_t kChannelWorkchain =
    0;  // the masterchain's gas costs more than the constants cover
inline constexpr std::uint64_t kStorageReserveNano = 50'000'000;  // stays in the channel
inline constexpr std::uint64_t kPayoutValueMinNano = 10'000'000;  // of a redeem or coop_close
inline constexpr std::chrono::seconds kCloseDelayMax{30 * 24 * 3600};

// What the two ends agreed on; with the code, it makes the address.
struct ChannelParameters {
  ton::Address payer;                  // starts a close, gets the rest
  ton::Address payee;                  // where payments go
  crypto::Ed25519PublicKey payer_key;  // signs vouchers
  crypto::Ed25519PublicKey payee_key;  // agrees to a final amount
  std::chrono::seconds close_delay{};  // whole seconds, 32 bits; kCloseDelayMax at most
  std::uint64_t salt = 0;              // tells several channels of one pair apart

  bool operator==(const ChannelParameters&) const = default;
};

enum class ChannelStatus : std::uint8_t { kFresh = 0, kOpen = 1, kClosing = 2, kClosed = 3 };

// The contract's data cell (docs/formats/channel.md, State).
struct ChannelState {
  ChannelEpoch epoch;
  ChannelStatus status = ChannelStatus::kFresh;
  UnixSeconds closes_at;  // from when anyone may finish; 0 before a close starts
  NanoTon deposit;        // all that was credited; once closed, what was paid
  NanoTon paid;           // all that went to the payee
  ChannelParameters parameters;

  // kMalformed for anything but the frozen layout; kAmount for amounts of 2^63 nano or more.
  [[nodiscard]] static Result<ChannelState> read(const ton::CellRef& data);
  // kMalformed for a close delay that is negative or has more than 32 bits.
  [[nodiscard]] Result<ton::CellRef> data() const;

  bool operator==(const ChannelState&) const = default;
};

// The pinned code (contracts/code/channel.json).
[[nodiscard]] Result<ton::CellRef> contract_code();
[[nodiscard]] Result<ton::StateInit> state_init(const ChannelParameters& parameters);
[[nodiscard]] Result<ton::Address> channel_address(const ChannelParameters& parameters);

// A channel as a proven account shows it.
struct ProvenChannel {
  ChannelId id;
  ChannelState state;
  NanoTon balance;
};
// kNotAChannel unless the account runs the pinned code at the address which that code and these
// parameters give: whoever deploys a contract may make up any other figures.
[[nodiscard]] Result<ProvenChannel> read_channel(NetworkId network,
                                                 const std::optional<ton::Account>& account);

// kOtherChannel if `after` is not the same life of the same channel; kConflict if it is older than
// `before`: what was paid and credited only grows, and no close is taken back.
[[nodiscard]] Status expect_newer(const ProvenChannel& before, const ProvenChannel& after);

// Messages to the contract, for a wallet to send. `value` of redeem and coop_close is at least
// kPayoutValueMinNano; what is left of it goes to the payee, or back to the payer.
[[nodiscard]] Result<ton::InternalMessage> deposit_message(const ChannelParameters& parameters,
                                                           NanoTon value);
[[nodiscard]] ton::InternalMessage top_up_message(const ton::Address& channel, NanoTon value);
[[nodiscard]] Result<ton::InternalMessage> redeem_message(const SignedVoucher& voucher,
                                                          NanoTon value);
[[nodiscard]] Result<ton::InternalMessage> start_close_message(const ton::Address& channel,
                                                               NanoTon value);
[[nodiscard]] Result<ton::InternalMessage> finish_message(const ton::Address& channel,
                                                          NanoTon value);
[[nodiscard]] Result<ton::InternalMessage> coop_close_message(const FinalAmount& amount,
                                                              const crypto::Ed25519Signature& payer,
                                                              const crypto::Ed25519Signature& payee,
                                                              NanoTon value);

}  // namespace cocoon::channel
