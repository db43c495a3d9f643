#pragma once

#include <chrono>
#include <vector>

#include "ports/world.h"

namespace cocoon::chain {

// Blocks of a chain that exists by agreement only: one each kDevnetBlockSeconds, known to everyone
// who has a clock.
inline constexpr std::uint32_t kDevnetBlockSeconds = 5;

// Block number `seqno`: SHA-256("cocoon/1 devnet block\0" ‖ seqno u32), made at seqno × 5 s.
[[nodiscard]] ports::Block devnet_block(Seqno seqno);
// The newest block at `now`.
[[nodiscard]] ports::Block newest_devnet_block(UnixSeconds now);
// What a chain file needs at `now`, oldest first: the blocks of the last `history` whose number is
// a multiple of `statement_interval`, and the newest block.
[[nodiscard]] std::vector<ports::Block> make_devnet_blocks(UnixSeconds now,
                                                           std::uint32_t statement_interval,
                                                           std::chrono::seconds history);

}  // namespace cocoon::chain
