#include "roles/client/promises.h"

#include "roles/client/error.h"
#include "wire/protocol.h"

namespace cocoon::client {

using provenance::log::LogProof;

void Promises::expect(const RequestId& id, const ReceiptHash& receipt,
                      std::shared_ptr<ProxyLine> line) {
  if (waiting_.size() >= bounds_.waiting_max) {
    give_up(waiting_.front());
    waiting_.pop_front();
  }
  waiting_.push_back(
      {.id = id, .receipt = receipt, .line = std::move(line), .since = world_.clock.now()});
}

Task<void> Promises::keep() {
  for (;;) {
    co_await world_.clock.sleep_for(bounds_.every);
    co_await fetch_all();
  }
}

// Each that waits now once; what is not there yet waits on.
Task<void> Promises::fetch_all() {
  for (std::size_t left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
    const Owed owed = std::move(waiting_.front());
    waiting_.pop_front();
    if (co_await fetch(owed)) continue;
    if (world_.clock.now() - owed.since < bounds_.given_up_after) {
      waiting_.push_back(owed);
    } else {
      give_up(owed);
    }
  }
}

Task<Status> Promises::fetch(Owed owed) {
  const async::Deadline by = world_.clock.in(bounds_.answer_by);
  CO_TRY(auto answer, co_await owed.line->http->send(
                          {.method = "GET",
                           .path = std::string(wire::kPathLogProof) + owed.receipt.hex(),
                           .headers = {},
                           .body = ports::body_of({})},
                          by));
  CO_TRY(Bytes body, co_await ports::read_all_by(world_.clock, by, *answer.body,
                                                 provenance::log::kProofBytesMax));
  if (answer.status != 200) co_return fail(ClientError::kNoPromise, "not logged yet");
  CO_TRY(const LogProof proof, LogProof::parse(as_text(body)));
  CO_TRY_VOID(check(proof, owed));
  co_return co_await world_.promises.put(owed.id, std::move(body));
}

Status Promises::check(const LogProof& proof, const Owed& owed) {
  const crypto::Ed25519PublicKey& proxy = owed.line->proxy.key;
  if (!last_signed_ || last_signed_->proxy != proxy || last_signed_->note != proof.checkpoint) {
    TRY(auto checkpoint, provenance::log::verify_checkpoint(proof.checkpoint,
                                                            provenance::log::proxy_log_key(proxy)));
    last_signed_ = {.proxy = proxy, .note = proof.checkpoint, .checkpoint = std::move(checkpoint)};
  }
  return provenance::log::verify_inclusion(proof, owed.receipt, last_signed_->checkpoint);
}

void Promises::give_up(const Owed& owed) {
  world_.metrics.increment(ports::Counter::kReceiptsNotLogged);
  world_.log.warn("client.no_promise", {LogField::endpoint(owed.line->proxy.host),
                                        LogField::port(owed.line->proxy.port)});
}

}  // namespace cocoon::client
