#include "sim/ledger.h"

#include <algorithm>

#include "provenance/bill.h"
#include "provenance/receipt.h"
#include "sim/apps.h"
#include "sim/engine.h"

namespace cocoon::sim {

void Ledger::broken(const std::string& what) {
  violations_.push_back(what);
  trace_.note("INVARIANT", what);
}

void Ledger::asked(std::uint64_t question) {
  if (!open_.insert(question).second || outcomes_.contains(question))
    broken("question " + std::to_string(question) + " asked twice");
}

void Ledger::ended(std::uint64_t question, Outcome outcome) {
  if (open_.erase(question) == 0)
    broken("question " + std::to_string(question) + " ended more than once");
  outcomes_.insert_or_assign(question, std::move(outcome));
}

void Ledger::key_made(const Kid& kid, const crypto::Ed25519PublicKey& identity) {
  identities_.insert_or_assign(kid, identity);
}

void Ledger::accepted(const std::string& boot, const RequestId& id) {
  trace_.note(boot, "answers request " + id.hex());
  if (!accepted_.emplace(id, boot).second) broken(boot + " answers request " + id.hex() + " twice");
}

void Ledger::billed(const std::string& boot, const RequestId& id, Bytes signed_bill) {
  if (!accepted_.contains({id, boot})) broken(boot + " bills what it did not accept");
  bills_.emplace(id, std::move(signed_bill));
}

void Ledger::check_answer(std::uint64_t question, const Outcome& outcome, const Bytes* receipt) {
  const std::string which = "question " + std::to_string(question);
  if (receipt == nullptr) return broken(which + " was answered and has no receipt");
  const auto kid = Kid::from_hex(outcome.kid);
  const auto identity = kid ? identities_.find(*kid) : identities_.end();
  if (identity == identities_.end()) return broken(which + " was answered by no known key");
  const auto read = provenance::verify_receipt(*receipt, identity->second);
  if (!read) return broken(which + " has a receipt that its worker did not sign");
  if (read->request_id.hex() != outcome.request_id || read->kid != *kid)
    return broken(which + " has the receipt of another request");
  if (read->status != provenance::AnswerStatus::kOk)
    broken(which + " was answered and its receipt says otherwise");
  const bool is_stream = is_streamed(question);
  const fakes::Tokens tokens = right_tokens(question, is_stream);
  if (read->tokens.input.value() != tokens.input || read->tokens.output.value() != tokens.output)
    broken(which + " has a receipt for another number of tokens");

  // None, if the worker died between the end of the answer and its trailer.
  const auto [from, to] = bills_.equal_range(read->request_id);
  for (auto each = from; each != to; ++each) {
    const auto bill = provenance::verify_bill(each->second, identity->second);
    if (!bill) continue;  // another worker's
    if (bill->receipt != provenance::receipt_hash(*receipt) ||
        bill->request_id != read->request_id || bill->kid != read->kid ||
        bill->price != read->price || bill->status != read->status ||
        bill->buckets != provenance::buckets_of(read->tokens))
      broken(which + " has a bill that is not its receipt's");
  }
}

void Ledger::check_bill_kept(const RequestId& id, const Bytes& signed_bill) {
  const auto [from, to] = bills_.equal_range(id);
  if (std::any_of(from, to, [&](const auto& each) { return each.second == signed_bill; })) return;
  // It came in no trailer, so the proxy asked for it after the answer had broken off.
  for (const auto& [kid, identity] : identities_) {
    const auto bill = provenance::verify_bill(signed_bill, identity);
    if (!bill || bill->kid != kid) continue;
    if (bill->request_id != id) broken("a proxy keeps the bill of another request");
    if (bill->status == provenance::AnswerStatus::kAborted && bill->buckets.output == 0)
      broken("a worker bills request " + id.hex() + " and delivered nothing of it");
    return;
  }
  broken("a proxy keeps a bill of request " + id.hex() + " that no worker signed");
}

}  // namespace cocoon::sim
