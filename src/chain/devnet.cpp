#include "chain/devnet.h"

#include "base/check.h"
#include "base/reader.h"
#include "crypto/hash.h"

namespace cocoon::chain {

ports::Block devnet_block(Seqno seqno) {
  Writer number;
  number.u32(seqno.value());
  return {.seqno = seqno,
          .root_hash = BlockHash(crypto::sha256({label("cocoon/1 devnet block"), number.view()})),
          .generated_at = UnixSeconds(seqno.value() * kDevnetBlockSeconds)};
}

ports::Block newest_devnet_block(UnixSeconds now) {
  return devnet_block(Seqno(now.value() / kDevnetBlockSeconds));
}

std::vector<ports::Block> make_devnet_blocks(UnixSeconds now, std::uint32_t statement_interval,
                                             std::chrono::seconds history) {
  COCOON_CHECK(statement_interval > 0 && history.count() >= 0);
  const std::uint64_t newest = now.value() / kDevnetBlockSeconds;
  const auto back = static_cast<std::uint64_t>(history.count()) / kDevnetBlockSeconds;
  const std::uint64_t oldest = newest > back ? newest - back : 0;
  std::vector<ports::Block> out;
  for (std::uint64_t seqno = oldest - oldest % statement_interval; seqno <= newest;
       seqno += statement_interval) {
    out.push_back(devnet_block(Seqno(static_cast<std::uint32_t>(seqno))));
  }
  if (out.back().seqno.value() != newest) out.push_back(newest_devnet_block(now));
  return out;
}

}  // namespace cocoon::chain
