#include "chain/light_chain_head.h"

namespace cocoon::chain {
namespace {

constexpr std::size_t kBlocksKept = 256;
constexpr async::Duration kAnswerWithin = std::chrono::seconds(30);
// A head younger than this is not asked for again.
constexpr async::Duration kHeadGoodFor = std::chrono::seconds(2);

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

}  // namespace

LightChainHead::LightChainHead(const async::Executor& executor, async::Clock& clock,
                               std::unique_ptr<LightClient> client,
                               std::uint32_t statement_interval)
    : clock_(clock),
      client_(std::move(client)),
      statement_interval_(statement_interval),
      free_(executor),
      synced_at_(async::TimePoint::min()) {}

ports::Task<void> LightChainHead::wait_turn() {
  while (busy_) co_await free_.wait();
}

// The caller has the turn.
ports::Task<Result<ProvenBlock>> LightChainHead::synced() {
  if (head_ && clock_.now() < synced_at_ + kHeadGoodFor) co_return *head_;
  CO_TRY(head_, co_await client_->sync(clock_.in(kAnswerWithin)));
  synced_at_ = clock_.now();
  co_return *head_;
}

ports::Task<Result<ports::Block>> LightChainHead::newest_block() {
  co_await wait_turn();
  const Turn turn(busy_, free_);
  CO_TRY(const ProvenBlock head, co_await synced());
  co_return port_block(head);
}

ports::Task<Result<ports::Block>> LightChainHead::prove_block(Seqno seqno) {
  if (const auto known = proven_.find(seqno.value()); known != proven_.end())
    co_return known->second;
  CO_TRY(const ProvenBlock head, co_await synced());
  if (seqno.value() > head.id.seqno)
    co_return fail(ChainError::kUnknownBlock, "a block that is not there yet");
  ports::Block block = port_block(head);
  if (seqno.value() != head.id.seqno) {
    CO_TRY(const ProvenBlock proven,
           co_await client_->block(seqno.value(), clock_.in(kAnswerWithin)));
    block = port_block(proven);
  }
  if (proven_.size() == kBlocksKept) proven_.erase(proven_.begin());
  proven_.emplace(seqno.value(), block);
  co_return block;
}

ports::Task<Result<ports::Block>> LightChainHead::block(Seqno seqno) {
  co_await wait_turn();
  const Turn turn(busy_, free_);
  co_return co_await prove_block(seqno);
}

ports::Task<Result<ports::Block>> LightChainHead::newest_statement_block() {
  co_await wait_turn();
  const Turn turn(busy_, free_);
  CO_TRY(const ProvenBlock head, co_await synced());
  co_return co_await prove_block(Seqno(head.id.seqno / statement_interval_ * statement_interval_));
}

}  // namespace cocoon::chain
