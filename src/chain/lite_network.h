#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "chain/error.h"
#include "crypto/keys.h"
#include "ton/tl/block_id.h"

namespace cocoon::chain {

inline constexpr std::size_t kLiteServersMax = 64;
inline constexpr std::size_t kGlobalConfigBytesMax = std::size_t{1} << 20U;

struct LiteServerAddress {
  std::string host;  // an IPv4 address
  std::uint16_t port = 0;
  crypto::Ed25519PublicKey key;
};

// A network as its global configuration describes it: whom to ask, and the one block that is
// believed without proof.
struct LiteNetwork {
  std::vector<LiteServerAddress> servers;
  ton::BlockId trusted;  // validator.init_block: a key block of the masterchain, or the zero state
};

// TON's global.config.json: `liteservers` of {ip (signed 32 bits), port, id.key} and
// `validator.init_block`. Other members, of which there are many, are not read. kMalformed without
// servers, without the block, or with one that is no masterchain block.
[[nodiscard]] Result<LiteNetwork> parse_global_config(std::string_view json);

}  // namespace cocoon::chain
