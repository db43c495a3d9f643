#include "chain/light_chain_head.h"

#include "base/check.h"

namespace cocoon::chain {
namespace {

constexpr std::size_t kBlocksKept = 256;
constexpr async::Duration kAnswerWithin = std::chrono::seconds(30);
constexpr async::Duration kSyncEach = std::chrono::seconds(5);
constexpr async::Duration kTryAgainAfter = std::chrono::seconds(1);

ports::Block port_block(const ProvenBlock& block) {
  return {Seqno(block.id.seqno), BlockHash(block.id.root_hash.bytes()), block.generated_at};
}

// Gives the turn on, whatever ended the one that had it.
struct Turn {
  bool& busy;
  async::Event& free;
  Turn(bool& is_busy, async::Event& is_free) : busy(is_busy), free(is_free) { busy = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    busy = false;
    free.notify();
  }
};

bool is_same_trouble(const std::optional<Error>& one, const Error& other) {
  return one && one->library() == other.library() && one->code() == other.code();
}

}  // namespace

LightChainHead::LightChainHead(const async::Executor& executor, World world,
                               std::unique_ptr<BlockSource> source, ChainHeadSettings settings)
    : world_(world), source_(std::move(source)), settings_(settings), free_(executor) {}

ports::Task<void> LightChainHead::wait_turn() {
  while (busy_) co_await free_.wait();
}

Result<ports::Block> LightChainHead::usable() const {
  const std::string why = trouble_ ? ": " + trouble_->message() : "";
  if (!head_) return fail(ChainError::kStale, "no block of the chain is proven yet" + why);
  const auto now = static_cast<std::int64_t>(world_.clock.wall_now().value() / 1000);
  const std::int64_t age = now - std::int64_t{head_->generated_at.value()};
  if (age <= settings_.age_max.count()) return port_block(*head_);
  return fail(ChainError::kStale,
              "the newest proven block is " + std::to_string(age) + " s old" + why);
}

bool LightChainHead::may_try_again() const {
  return !tried_at_ || world_.clock.now() >= *tried_at_ + kTryAgainAfter;
}

// The caller has the turn. What comes out of it is in `head_` and `trouble_`.
ports::Task<void> LightChainHead::sync() {
  const auto proven = co_await source_->sync(world_.clock.in(kAnswerWithin));
  tried_at_ = world_.clock.now();
  world_.metrics.set(ports::Gauge::kLiteServersLive,
                     static_cast<std::int64_t>(source_->servers_live()));
  if (!proven) {
    if (!is_same_trouble(trouble_, proven.error()))
      world_.log.warn("chain.sync_failed", {LogField::error(proven.error())});
    trouble_ = proven.error();
    co_return;
  }
  const bool is_news = !head_ || trouble_;
  head_ = *proven;
  trouble_.reset();
  world_.metrics.set(ports::Gauge::kChainHeadSeqno, head_->id.seqno);
  world_.metrics.set(ports::Gauge::kChainHeadTime, head_->generated_at.value());
  if (is_news) world_.log.info("chain.synced", {LogField::seqno(Seqno(head_->id.seqno))});
}

ports::Task<void> LightChainHead::sync_in_turn() {
  co_await wait_turn();
  const Turn turn(busy_, free_);
  co_await sync();
}

ports::Task<void> LightChainHead::keep_synced() {
  for (;;) {
    co_await sync_in_turn();
    co_await world_.clock.sleep_for(trouble_ ? kTryAgainAfter : kSyncEach);
  }
}

// The newest block if it may be used. Who asks before there is one waits for the attempt under way,
// or makes one unless the last has only just failed.
ports::Task<Result<ports::Block>> LightChainHead::usable_head() {
  if (auto known = usable()) co_return known;
  co_await wait_turn();
  if (!usable() && may_try_again()) co_await sync_in_turn();
  co_return usable();
}

ports::Task<Result<ports::Block>> LightChainHead::newest_block() { return usable_head(); }

ports::Task<Result<ports::Block>> LightChainHead::prove_block(Seqno seqno) {
  if (!proven_.contains(seqno.value())) co_await wait_turn();
  if (const auto known = proven_.find(seqno.value()); known != proven_.end())
    co_return known->second;
  const Turn turn(busy_, free_);
  // A block that another machine has seen already may be one that is not known here yet.
  CO_TRY(ports::Block block, usable());
  if (seqno > block.seqno && may_try_again()) {
    co_await sync();
    CO_TRY(block, usable());
  }
  if (seqno > block.seqno)
    co_return fail(ChainError::kUnknownBlock, "a block that is not there yet");
  if (seqno != block.seqno) {
    CO_TRY(const ProvenBlock proven,
           co_await source_->block(seqno.value(), world_.clock.in(kAnswerWithin)));
    block = port_block(proven);
  }
  if (proven_.size() == kBlocksKept) proven_.erase(proven_.begin());
  proven_.emplace(seqno.value(), block);
  co_return block;
}

ports::Task<Result<ports::Block>> LightChainHead::block(Seqno seqno) {
  CO_TRY_VOID(co_await usable_head());
  co_return co_await prove_block(seqno);
}

ports::Task<Result<ports::Block>> LightChainHead::newest_statement_block(std::uint32_t interval) {
  COCOON_CHECK(interval > 0);
  CO_TRY(const ports::Block head, co_await usable_head());
  co_return co_await prove_block(Seqno(head.seqno.value() / interval * interval));
}

ports::Task<Result<ton::ProvenAccount>> LightChainHead::account(ton::Address address) {
  CO_TRY_VOID(co_await usable_head());
  co_await wait_turn();
  const Turn turn(busy_, free_);
  CO_TRY_VOID(usable());
  COCOON_CHECK(head_.has_value());  // what is usable is there
  const ton::BlockId block = head_->id;
  co_return co_await source_->account_at(block, address, world_.clock.in(kAnswerWithin));
}

}  // namespace cocoon::chain
