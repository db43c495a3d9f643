#pragma once

#include <vector>

#include "crypto/keys.h"
#include "ton/block/account.h"

namespace cocoon::ton {

enum class WalletVersion : std::uint8_t { kV4R2, kV5R1 };

// Which wallet of a key: its address follows from all of this.
struct WalletId {
  WalletVersion version = WalletVersion::kV5R1;
  std::int32_t workchain = 0;
  NetworkId network{-239};  // global_id, part of v5's wallet id; v4 is the same on every network
};
[[nodiscard]] Result<StateInit> wallet_state(const WalletId& id,
                                             const crypto::Ed25519PublicKey& key);
[[nodiscard]] Result<Address> wallet_address(const WalletId& id,
                                             const crypto::Ed25519PublicKey& key);

// How a wallet's message is sent on (TVM's SENDRAWMSG): 3 pays fees apart and ignores errors.
inline constexpr std::uint8_t kSendPayApartIgnoreErrors = 3;

struct Transfer {
  std::uint32_t seqno = 0;
  UnixSeconds valid_until = {};
  std::uint8_t send_mode = kSendPayApartIgnoreErrors;
  std::vector<InternalMessage> messages = {};  // 1 to 4
};
// The signed body of the external message; v5R1 always ignores errors of its actions, as its code
// asks.
[[nodiscard]] Result<CellRef> signed_transfer(const WalletId& id, const crypto::Ed25519KeyPair& key,
                                              const Transfer& transfer);
// The whole external message; with the wallet's initial state if it is still to be deployed (seqno
// 0).
[[nodiscard]] Result<CellRef> transfer_message(const WalletId& id,
                                               const crypto::Ed25519KeyPair& key,
                                               const Transfer& transfer);

// The seqno of a proven account that must be this wallet; 0 for one that is absent or
// uninitialised. kUnknown for other code.
[[nodiscard]] Result<std::uint32_t> wallet_seqno(const WalletId& id,
                                                 const std::optional<Account>& account);

}  // namespace cocoon::ton
