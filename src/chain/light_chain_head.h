#pragma once

#include <map>
#include <memory>

#include "async/event.h"
#include "base/log.h"
#include "chain/light_client.h"
#include "ports/metrics.h"

namespace cocoon::chain {

struct ChainHeadSettings {
  // How old the newest proven block may be by the wall clock; an outage of all lite-servers is
  // ridden out for so long.
  std::chrono::seconds age_max = std::chrono::minutes(15);
};

// Accounts as they stand on the chain, proven.
class AccountSource {
 public:
  AccountSource() = default;
  virtual ~AccountSource() = default;
  AccountSource(const AccountSource&) = delete;
  AccountSource& operator=(const AccountSource&) = delete;
  // The newest block that accounts can be asked for; the reason while there is none.
  [[nodiscard]] virtual Result<ports::Block> usable() const = 0;
  // The account as of the newest proven block.
  [[nodiscard]] virtual ports::Task<Result<ton::ProvenAccount>> account(ton::Address address) = 0;
};

// Blocks of the masterchain as the light client proved them. The newest one is looked for in the
// background; questions about it are answered from memory, so that a server that is slow or gone
// holds nobody up. Once it is too old, or before there is one, every question is refused with the
// reason. Each other block is proven once.
class LightChainHead final : public ports::ChainHead, public AccountSource {
 public:
  struct World {
    async::Clock& clock;
    const Logger& log;
    ports::Metrics& metrics;
  };
  // All of `world` outlives this.
  LightChainHead(const async::Executor& executor, World world, std::unique_ptr<BlockSource> source,
                 ChainHeadSettings settings);

  // Looks for newer blocks for ever: each 5 s, after a failure each second.
  [[nodiscard]] ports::Task<void> keep_synced();

  [[nodiscard]] ports::Task<Result<ports::Block>> newest_statement_block(
      std::uint32_t interval) override;
  [[nodiscard]] ports::Task<Result<ports::Block>> block(Seqno seqno) override;
  [[nodiscard]] ports::Task<Result<ports::Block>> newest_block() override;

  // The newest proven block if it is young enough, without asking anyone; the reason if not.
  [[nodiscard]] Result<ports::Block> usable() const override;
  [[nodiscard]] ports::Task<Result<ton::ProvenAccount>> account(ton::Address address) override;

 private:
  [[nodiscard]] bool may_try_again() const;
  [[nodiscard]] ports::Task<void> sync_in_turn();
  [[nodiscard]] ports::Task<void> sync();
  [[nodiscard]] ports::Task<void> wait_turn();
  [[nodiscard]] ports::Task<Result<ports::Block>> prove_block(Seqno seqno);
  [[nodiscard]] ports::Task<Result<ports::Block>> usable_head();

  World world_;
  std::unique_ptr<BlockSource> source_;
  ChainHeadSettings settings_;
  bool busy_ = false;
  async::Event free_;
  std::optional<ProvenBlock> head_;
  std::optional<Error> trouble_;  // why the last attempt failed, if it did
  std::optional<async::TimePoint> tried_at_;
  std::map<std::uint32_t, ports::Block> proven_;  // the newest 256 that were asked for
};

}  // namespace cocoon::chain
