#include "tests/fakes/world/chain.h"

#include "crypto/hash.h"

namespace cocoon::fakes {

void FakeRegistry::change(const std::function<void(registry::Snapshot&)>& edit) {
  auto next = std::make_shared<registry::Snapshot>(*current_);
  edit(*next);
  current_ = std::move(next);
}

std::uint32_t FakeChainHead::newest_number() const {
  if (server_ == Server::kStuck) return stuck_at_;
  return static_cast<std::uint32_t>(clock_.wall_now().value() / 1000) / kBlockSeconds;
}

ports::Block FakeChainHead::block_of(Seqno seqno) {
  return {
      .seqno = seqno,
      .root_hash = BlockHash(crypto::sha256(as_bytes("block " + std::to_string(seqno.value())))),
      .generated_at = UnixSeconds(seqno.value() * kBlockSeconds)};
}

ports::Block FakeChainHead::statement_block() const {
  const std::uint32_t newest = newest_number();
  return block_of(Seqno(newest - newest % kStatementInterval));
}

// Whatever the interval: what the world's other parts prepare for is kStatementInterval.
Task<Result<ports::Block>> FakeChainHead::newest_statement_block(std::uint32_t) {
  if (server_ == Server::kSilent) co_return fail(BaseError::kOutOfRange, "no lite-server answers");
  co_return statement_block();
}

Task<Result<ports::Block>> FakeChainHead::block(Seqno seqno) {
  if (server_ == Server::kSilent) co_return fail(BaseError::kOutOfRange, "no lite-server answers");
  if (seqno.value() > newest_number()) co_return fail(BaseError::kOutOfRange, "no such block");
  co_return block_of(seqno);
}

Task<Result<ports::Block>> FakeChainHead::newest_block() {
  if (server_ == Server::kSilent) co_return fail(BaseError::kOutOfRange, "no lite-server answers");
  co_return block_of(Seqno(newest_number()));
}

void FakeCollateralSource::publish(std::string_view json) {
  current_ = std::make_shared<const Collateral>(
      Collateral{.digest = attest::collateral_digest(as_bytes(json)), .json = to_bytes(json)});
}

Task<Result<Bytes>> FakeQuoteSource::quote(ByteArray<64> report_data) {
  if (quote_time_ > Duration::zero()) co_await simulation_.clock().sleep_for(quote_time_);
  if (hardware_ == Hardware::kFails)
    co_return fail(attest::AttestError::kUnsupported, "the hardware gives no quote");
  co_return platform_.quote(report_data, measurements_, options_);
}

}  // namespace cocoon::fakes
