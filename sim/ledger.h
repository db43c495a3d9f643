#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/strong.h"
#include "crypto/keys.h"
#include "sim/trace.h"

namespace cocoon::sim {

// Defects that a run is given on purpose, at the seams between the roles and their surroundings:
// each must make some invariant fail, or the simulation proves nothing.
enum class Defect : std::uint8_t {
  kNone,
  kReceiptOfAnother,  // the client's store keeps the receipt of another answer
  kEndSwallowed,      // an answer that broke off reaches the app as if it were whole
  kPlaceNotReleased,  // a worker's handler never ends
  kAnsweredTwice,     // a worker without memory of what it answered
  kBillPadded,        // the bill charges more than the receipt says
  kAnswerLost,        // a request that nobody ever answers
  kCrash,             // an exception leaves a coroutine
};

// What one question came to, as its app saw it.
struct Outcome {
  enum class End : std::uint8_t { kAnswered, kError, kAborted };
  End end = End::kError;
  std::string request_id;  // of the receipt, if the app was told one
  std::string kid;
};

// Everything that the invariants are about, gathered while a run goes on. A broken one is noted at
// once, with its time.
class Ledger {
 public:
  explicit Ledger(Trace& trace) : trace_(trace) {}
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  void broken(const std::string& what);
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

  // Apps.
  void asked(std::uint64_t question);
  void ended(std::uint64_t question, Outcome outcome);
  [[nodiscard]] const std::set<std::uint64_t>& open() const { return open_; }
  [[nodiscard]] const std::map<std::uint64_t, Outcome>& outcomes() const { return outcomes_; }

  // Workers. `boot` is one life of one worker.
  void key_made(const Kid& kid, const crypto::Ed25519PublicKey& identity);
  void accepted(const std::string& boot, const RequestId& id);
  void billed(const std::string& boot, const RequestId& id, Bytes signed_bill);

  // At the end: bills against receipts and acceptances.
  void check_answer(std::uint64_t question, const Outcome& outcome, const Bytes* receipt);
  void check_bill_kept(const RequestId& id, const Bytes& signed_bill);
  // Every request that some worker accepted. One has two where a second worker took it after the
  // first one's answer had been lost.
  [[nodiscard]] const std::set<std::pair<RequestId, std::string>>& accepted() const {
    return accepted_;
  }

 private:
  Trace& trace_;
  std::vector<std::string> violations_;
  std::set<std::uint64_t> open_;
  std::map<std::uint64_t, Outcome> outcomes_;
  std::map<Kid, crypto::Ed25519PublicKey> identities_;
  std::set<std::pair<RequestId, std::string>> accepted_;
  std::multimap<RequestId, Bytes> bills_;
};

}  // namespace cocoon::sim
