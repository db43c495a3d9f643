#pragma once

#include "channel/payee.h"
#include "channel/payer.h"

// One channel between two ends with fixed keys, and what a chain would do to it.
namespace cocoon::channel::example {

[[nodiscard]] NanoTon nano(std::uint64_t value);
[[nodiscard]] RequestId request(std::uint64_t number);
[[nodiscard]] const crypto::Ed25519KeyPair& payer_key();
[[nodiscard]] const crypto::Ed25519KeyPair& payee_key();
[[nodiscard]] PayeeIdentity payee_identity();
// Open, of this deposit, with a balance that backs it.
[[nodiscard]] ProvenChannel open_channel(std::uint64_t deposit_nano);
[[nodiscard]] PayerBooks fresh_payer(const ProvenChannel& proven);
[[nodiscard]] PayeeBooks fresh_payee(const ProvenChannel& proven);

// The contract's effects, without fees. What the contract refuses, they leave as it is.
void redeem(ProvenChannel& channel, const SignedVoucher& voucher);
// What each gets when it is over: (payee in all, payer back).
struct Settled {
  NanoTon payee;
  NanoTon payer;
};
[[nodiscard]] Settled coop_close(ProvenChannel& channel, const FinalAmount& amount);
[[nodiscard]] Settled finish(ProvenChannel& channel);

}  // namespace cocoon::channel::example
