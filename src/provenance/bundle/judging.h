#pragma once

#include "provenance/bundle/verify.h"

namespace cocoon::provenance::bundle {

// One bundle under judgement: adds link after link to its chain. Inside this room.
class Judging {
 public:
  Judging(Verifier& verifier, const Bundle& bundle, const Trust& trust, const Presented* presented)
      : verifier_(verifier), bundle_(bundle), trust_(trust), presented_(presented) {}

  [[nodiscard]] Chain run() &&;

 private:
  // What is read once the receipt is its worker's.
  struct Opened {
    Receipt receipt;
    attest::EvidenceBundle evidence;
    attest::Statement statement;
  };
  [[nodiscard]] std::optional<Opened> judge_receipt();
  void judge_texts(const Receipt& receipt);
  void judge_worker(const Opened& opened);
  // Whether receipt and worker belong together, beyond the signature.
  void judge_image(const Receipt& receipt, const attest::VerifiedWorker& worker);
  void judge_model(const Receipt& receipt, const attest::Statement& statement);
  void judge_log();
  void judge_parents(const Opened& opened);
  void tell_what_is_not_proven();

  void add(LinkName name, LinkState state, std::string text);
  void refuse(LinkName name, Part part, std::string why);
  // Proven if the registry is the caller's, else unproven.
  void add_listed(LinkName name, const std::string& text);

  Verifier& verifier_;
  const Bundle& bundle_;
  const Trust& trust_;
  const Presented* presented_;
  Chain chain_;
};

// The links of what is shown of the texts, under a receipt whose signature holds.
[[nodiscard]] Link judge_answer(const Shown& shown, const Receipt& receipt,
                                const Presented* presented);
[[nodiscard]] Link judge_question(const Shown& shown, const Receipt& receipt);
// Whether the answer's link says that all of it was shown.
[[nodiscard]] bool shows_whole_answer(const Shown& shown, const Presented* presented);

}  // namespace cocoon::provenance::bundle
