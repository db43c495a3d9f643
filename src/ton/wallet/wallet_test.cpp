#include "ton/wallet/wallet.h"

#include <doctest/doctest.h>

#include "ton/wallet/phrase.h"

namespace cocoon::ton {
namespace {

crypto::Ed25519KeyPair key_of(unsigned char first) {
  ByteArray<32> seed{static_cast<std::byte>(first)};
  return crypto::Ed25519KeyPair::from_seed(SecretArray<32>(seed));
}

TEST_CASE("wallets run the code that is on chain") {
  const crypto::Ed25519PublicKey key;
  CHECK(wallet_state({.version = WalletVersion::kV4R2}, key).value().code->hash().hex() ==
        "feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0");
  CHECK(wallet_state({.version = WalletVersion::kV5R1}, key).value().code->hash().hex() ==
        "20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f");
}

TEST_CASE("a v5 wallet has another address on another network, a v4 one has not") {
  const auto key = key_of(1).public_key();
  const NetworkId testnet(-3);
  CHECK(wallet_address({.version = WalletVersion::kV5R1}, key).value() !=
        wallet_address({.version = WalletVersion::kV5R1, .network = testnet}, key).value());
  CHECK(wallet_address({.version = WalletVersion::kV4R2}, key).value() ==
        wallet_address({.version = WalletVersion::kV4R2, .network = testnet}, key).value());
}

TEST_CASE("a transfer needs one to four messages") {
  Transfer transfer{.valid_until = UnixSeconds(2'000'000'000), .messages = {}};
  CHECK_FALSE(transfer_message({}, key_of(1), transfer).has_value());
  transfer.messages.resize(5);
  CHECK_FALSE(transfer_message({}, key_of(1), transfer).has_value());
  transfer.messages.resize(1);
  CHECK(transfer_message({}, key_of(1), transfer).has_value());
}

TEST_CASE("a wallet's seqno is read from its own contract only") {
  const WalletId id;
  const StateInit state = wallet_state(id, key_of(1).public_key()).value();
  CHECK(wallet_seqno(id, std::nullopt).value() == 0);
  Account account;
  CHECK(wallet_seqno(id, account).value() == 0);
  account.status = AccountStatus::kActive;
  account.state = state;
  CHECK(wallet_seqno(id, account).value() == 0);
  account.state->code = Cell::empty();
  CHECK_FALSE(wallet_seqno(id, account).has_value());
}

TEST_CASE("phrases are 24 known words that are a seed") {
  CHECK_FALSE(Phrase::parse("abandon ability").has_value());
  CHECK_FALSE(Phrase::parse(std::string(2000, 'a')).has_value());
  std::string zeros;
  for (std::size_t i = 0; i < kPhraseWordCount; ++i) zeros += "abandon ";
  CHECK_FALSE(Phrase::parse(zeros).has_value());
  for (unsigned i = 0; i < 2000; ++i) {
    ByteArray<33> random{static_cast<std::byte>(i), static_cast<std::byte>(i >> 8U)};
    const auto phrase = Phrase::from_random(SecretArray<33>(random));
    if (!phrase) continue;
    const auto again = Phrase::parse("  " + std::string(as_text(phrase->expose())) + "\n");
    REQUIRE(again.has_value());
    CHECK(again->seed() == phrase->seed());
    return;
  }
  FAIL("no phrase in two thousand");
}

}  // namespace
}  // namespace cocoon::ton
