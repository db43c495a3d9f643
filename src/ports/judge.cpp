#include "ports/judge.h"

#include "attest/evidence.h"

namespace cocoon::ports {

Task<Result<attest::VerifiedWorker>> judge_evidence(BytesView evidence, Registry& registry,
                                                    ChainHead& chain, ChainTime& time) {
  CO_TRY(const attest::EvidenceBundle bundle, attest::EvidenceBundle::decode(evidence));
  CO_TRY(const attest::Statement statement, attest::Statement::decode(bundle.statement));
  CO_TRY(const Block block, co_await chain.block(statement.block_seqno));
  CO_TRY_VOID(co_await time.refresh());
  const auto snapshot = registry.current();
  co_return attest::verify_evidence(bundle, snapshot->policy,
                                    {block.seqno, block.root_hash, block.generated_at}, time.now());
}

}  // namespace cocoon::ports
