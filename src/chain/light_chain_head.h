#pragma once

#include <map>
#include <memory>

#include "async/event.h"
#include "chain/light_client.h"

namespace cocoon::chain {

// Blocks of the masterchain as the light client proved them. Questions that come at the same time
// wait for each other.
class LightChainHead final : public ports::ChainHead {
 public:
  // `clock` outlives this. `statement_interval` is the registry's, at least 1.
  LightChainHead(const async::Executor& executor, async::Clock& clock,
                 std::unique_ptr<LightClient> client, std::uint32_t statement_interval);

  [[nodiscard]] ports::Task<Result<ports::Block>> newest_statement_block() override;
  [[nodiscard]] ports::Task<Result<ports::Block>> block(Seqno seqno) override;
  [[nodiscard]] ports::Task<Result<ports::Block>> newest_block() override;

 private:
  [[nodiscard]] ports::Task<Result<ProvenBlock>> synced();
  [[nodiscard]] ports::Task<void> wait_turn();
  [[nodiscard]] ports::Task<Result<ports::Block>> prove_block(Seqno seqno);

  async::Clock& clock_;
  std::unique_ptr<LightClient> client_;
  std::uint32_t statement_interval_;
  bool busy_ = false;
  async::Event free_;
  std::optional<ProvenBlock> head_;
  async::TimePoint synced_at_;
  std::map<std::uint32_t, ports::Block> proven_;  // the newest 256 that were asked for
};

}  // namespace cocoon::chain
