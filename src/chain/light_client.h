#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "async/clock.h"
#include "chain/lite_network.h"
#include "ports/world.h"
#include "ton/proof/account_proof.h"

namespace cocoon::chain {

struct LightClientSettings {
  LiteNetwork network;
  std::filesystem::path anchor_file;  // empty: how far it has proven is forgotten at the end
  // How old a newest block may be, by the wall clock, when it is proven.
  std::chrono::seconds age_max{120};
  // What the newest block has to say of itself; nothing: whatever the trusted block leads to.
  std::optional<NetworkId> network_id;
};

// A masterchain block that validators signed, in a chain from the trusted one.
struct ProvenBlock {
  ton::BlockId id;
  UnixSeconds generated_at;
  NetworkId network;  // its global_id
  bool is_key_block = false;
};

// Proven blocks of the masterchain.
class BlockSource {
 public:
  BlockSource() = default;
  virtual ~BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;
  // Proves the newest block that anyone asked knows of.
  [[nodiscard]] virtual async::Task<Result<ProvenBlock>> sync(async::Deadline deadline) = 0;
  // The block of this number. kUnknownBlock if it is too old to be proven.
  [[nodiscard]] virtual async::Task<Result<ProvenBlock>> block(std::uint32_t seqno,
                                                               async::Deadline deadline) = 0;
  // An account as of this block, or proven absent from it.
  [[nodiscard]] virtual async::Task<Result<ton::ProvenAccount>> account_at(
      ton::BlockId block, ton::Address address, async::Deadline deadline) = 0;
  // How many lite-servers are connected now.
  [[nodiscard]] virtual std::size_t servers_live() const = 0;
};

// Which server's answer was refused or waited for no longer, and why.
struct RefusedAnswer {
  std::string server;
  std::string reason;
};

// Reads TON through lite-servers that it does not trust (ADR 16). Each answer is proven from the
// trusted block, or refused and the next server asked. One coroutine at a time may use it.
class LightClient final : public BlockSource {
 public:
  // `clock` and `random` outlive this. Answers are checked on `checking`, which may be a thread
  // beside the loop. Fails if the anchor file is there and unusable.
  [[nodiscard]] static Result<std::unique_ptr<LightClient>> open(const async::Executor& executor,
                                                                 async::Executor checking,
                                                                 async::Clock& clock,
                                                                 ports::Random& random,
                                                                 LightClientSettings settings);
  ~LightClient() override;

  // Proves the newest block that some server knows of. kStale if that is too old; kFork if the
  // validators signed two blocks of one number; kOtherNetwork. From an old trusted block this walks
  // key block by key block, each kept in the anchor file.
  [[nodiscard]] async::Task<Result<ProvenBlock>> sync(async::Deadline deadline) override;
  // The block proven last, without asking anyone.
  [[nodiscard]] const std::optional<ProvenBlock>& head() const;
  // An older block of the masterchain. kUnknownBlock before the oldest key block that is kept.
  [[nodiscard]] async::Task<Result<ProvenBlock>> block(std::uint32_t seqno,
                                                       async::Deadline deadline) override;

  [[nodiscard]] async::Task<Result<ton::ProvenAccount>> account_at(
      ton::BlockId block, ton::Address address, async::Deadline deadline) override;
  // An account as of the newest block.
  [[nodiscard]] async::Task<Result<ton::ProvenAccount>> account(ton::Address address,
                                                                async::Deadline deadline);
  // Up to `count` transactions before and with the account's last one, newest first.
  [[nodiscard]] async::Task<Result<std::vector<ton::ProvenTransaction>>> transactions(
      ton::ProvenAccount account, std::uint32_t count, async::Deadline deadline);

  // Hands an external message to several servers and waits until a proven transaction of its
  // destination has taken it in. kNotSeen at the deadline: it may still come.
  [[nodiscard]] async::Task<Result<ton::ProvenTransaction>> send(ton::CellRef message,
                                                                 async::Deadline deadline);

  [[nodiscard]] std::size_t servers_live() const override;
  // The latest refusals, oldest first.
  [[nodiscard]] std::vector<RefusedAnswer> refusals() const;
  // How many links have been checked since this was opened.
  [[nodiscard]] std::uint64_t links_checked() const;

 private:
  struct State;
  explicit LightClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::chain
