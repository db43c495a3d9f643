#include "provenance/bundle/judging.h"

#include <algorithm>

#include "attest/reason.h"
#include "codec/rfc3339.h"
#include "provenance/log/proof.h"

namespace cocoon::provenance::bundle {
namespace {

std::string platform_text(const attest::VerifiedWorker& worker) {
  const bool is_tdx = worker.platform() == attest::Platform::kTdx;
  std::string text = is_tdx ? "Intel TDX" : "AMD SEV-SNP";
  if (worker.is_development_root()) {
    return "a simulated " + text + " machine under a development root vouches for it";
  }
  text = (is_tdx ? "genuine Intel TDX" : "genuine AMD SEV-SNP") +
         std::string(" hardware vouches for it");
  if (!worker.gpus().empty()) {
    text += ", with " + std::to_string(worker.gpus().size()) + " confidential GPU(s)";
  }
  return text;
}

}  // namespace

void Judging::add(LinkName name, LinkState state, std::string text) {
  chain_.links.push_back({.name = name, .state = state, .text = std::move(text), .part = {}});
}

void Judging::refuse(LinkName name, Part part, std::string why) {
  chain_.links.push_back(
      {.name = name, .state = LinkState::kRefused, .text = std::move(why), .part = part});
}

void Judging::add_listed(LinkName name, const std::string& text) {
  if (trust_.registry) {
    add(name, LinkState::kProven, text);
  } else {
    add(name, LinkState::kUnproven, text + ", if one believes the bundle's own registry");
  }
}

Chain Judging::run() && {
  chain_.receipt_hash = receipt_hash(bundle_.receipt);
  chain_.policy = verifier_.hash_of(bundle_, trust_);
  chain_.judged_at = trust_.at;
  if (auto opened = judge_receipt()) {
    judge_texts(opened->receipt);
    judge_worker(*opened);
    judge_log();
    judge_parents(*opened);
    chain_.receipt = std::move(opened->receipt);
  }
  std::ranges::sort(chain_.links, {}, &Link::name);
  tell_what_is_not_proven();
  return std::move(chain_);
}

std::optional<Judging::Opened> Judging::judge_receipt() {
  const auto claims = parse_unverified_receipt(bundle_.receipt);
  if (!claims) {
    refuse(LinkName::kReceipt, Part::kReceipt, "this is no receipt: " + claims.error().message());
    return std::nullopt;
  }
  auto evidence = attest::EvidenceBundle::decode(bundle_.evidence);
  auto statement =
      evidence ? attest::Statement::decode(evidence->statement) : std::unexpected(evidence.error());
  if (!statement) {
    refuse(LinkName::kMachine, Part::kEvidence, attest::reason_text(statement.error()));
    return std::nullopt;
  }
  if (attest::kid_for(evidence->statement) != claims->kid) {
    refuse(LinkName::kMachine, Part::kEvidence, "the evidence is not that of the receipt's worker");
    return std::nullopt;
  }
  auto receipt = verify_receipt(bundle_.receipt, statement->identity_key);
  if (!receipt) {
    refuse(LinkName::kReceipt, Part::kReceipt,
           "the worker did not sign this: " + receipt.error().message());
    return std::nullopt;
  }
  if (receipt->started_at.value() / 1000 > trust_.at.value()) {
    refuse(LinkName::kReceipt, Part::kReceipt, "it is from after the time of judgement");
    return std::nullopt;
  }
  add(LinkName::kReceipt, LinkState::kProven, "signed by the worker's key");
  return Opened{.receipt = std::move(*receipt),
                .evidence = std::move(*evidence),
                .statement = std::move(*statement)};
}

void Judging::judge_worker(const Opened& opened) {
  if (trust_.block && (trust_.block->seqno != bundle_.block.seqno ||
                       trust_.block->root_hash != bundle_.block.root_hash ||
                       trust_.block->generated_at != bundle_.block.generated_at)) {
    refuse(LinkName::kMachine, Part::kBlock, "the chain has another block of this number");
    return;
  }
  const auto judged =
      verifier_.judge_evidence(bundle_, opened.evidence, opened.statement, trust_, chain_.policy);
  if (!judged) {
    const auto& [why, part] = judged.error();
    const bool is_image = why.is(attest::AttestError::kImageNotAllowed);
    refuse(is_image ? LinkName::kImage : LinkName::kMachine, part, attest::reason_text(why));
    return;
  }
  const attest::VerifiedWorker& worker = **judged;
  chain_.worker = worker;
  add_listed(LinkName::kMachine, platform_text(worker));
  judge_image(opened.receipt, worker);
  judge_model(opened.receipt, worker.statement());
}

void Judging::judge_image(const Receipt& receipt, const attest::VerifiedWorker& worker) {
  if (receipt.image_hash != worker.image_hash()) {
    refuse(LinkName::kImage, Part::kReceipt, "it names another image than the machine measured");
  } else if (receipt.masterchain_seqno != worker.statement().block_seqno) {
    refuse(LinkName::kImage, Part::kReceipt, "it names another block than the evidence");
  } else {
    add_listed(LinkName::kImage, "image " + worker.image_name() + " " + receipt.image_hash.hex() +
                                     " was measured by the machine");
  }
}

void Judging::judge_model(const Receipt& receipt, const attest::Statement& statement) {
  const registry::Model* const listed = trust_.registry
                                            ? trust_.registry->model_by_hash(statement.model_hash)
                                            : &bundle_.registry.model;
  if (receipt.model_hash != statement.model_hash) {
    refuse(LinkName::kModel, Part::kReceipt, "it names another model than the worker's evidence");
  } else if (listed == nullptr || listed->hash != statement.model_hash ||
             listed->name != statement.model_name) {
    refuse(LinkName::kModel, Part::kRegistry,
           "the registry does not list this model under this name");
  } else {
    add_listed(LinkName::kModel, "model " + listed->name + " " + listed->hash.hex());
  }
}

void Judging::judge_texts(const Receipt& receipt) {
  chain_.links.push_back(judge_answer(bundle_.shown, receipt, presented_));
  Link question = judge_question(bundle_.shown, receipt);
  if (question.state != LinkState::kAbsent) chain_.links.push_back(std::move(question));
}

void Judging::judge_log() {
  add(LinkName::kAnchored, LinkState::kAbsent, "no root of the log is anchored on TON yet");
  if (bundle_.log_proof.empty()) {
    add(LinkName::kLogged, LinkState::kAbsent, "no log's proof is in the bundle");
    return;
  }
  const auto proof = log::LogProof::parse(bundle_.log_proof);
  if (!proof) {
    refuse(LinkName::kLogged, Part::kLog, proof.error().message());
    return;
  }
  const log::NoteKey key = log::proxy_log_key(bundle_.registry.log_key);
  auto signed_head = log::verify_checkpoint(proof->checkpoint, key);
  if (!signed_head) {
    refuse(LinkName::kLogged, Part::kLog,
           "the log did not sign this checkpoint: " + signed_head.error().message());
    return;
  }
  if (proof->index >= signed_head->head.size) {
    refuse(LinkName::kLogged, Part::kLog, "the checkpoint is older than the receipt's entry");
    return;
  }
  const Status held = log::verify_inclusion(*proof, chain_.receipt_hash, *signed_head);
  if (!held) {
    refuse(LinkName::kLogged, Part::kLog, held.error().message());
    return;
  }
  chain_.checkpoint = std::move(*signed_head);
  chain_.log_index = proof->index;
  const std::string text = "entry " + std::to_string(proof->index) + " of " +
                           std::to_string(chain_.checkpoint->head.size) + " in log " + key.name();
  const bool is_listed =
      trust_.registry && trust_.registry->proxy_by_key(bundle_.registry.log_key) != nullptr;
  add(LinkName::kLogged, is_listed ? LinkState::kProven : LinkState::kUnproven,
      is_listed ? text : text + ", which no registry given lists");
}

void Judging::judge_parents(const Opened& opened) {
  const std::vector<ReceiptHash>& named = opened.receipt.parents;
  if (named.empty() && bundle_.parents.empty()) return;
  auto next = named.begin();
  for (const Bytes& parent : bundle_.parents) {
    next = std::find(next, named.end(), receipt_hash(parent));
    const auto claims = parse_unverified_receipt(parent);
    if (next == named.end() || !claims) {
      refuse(LinkName::kParents, Part::kParents, "a receipt that this one does not name");
      return;
    }
    ++next;
    if (claims->kid == opened.receipt.kid &&
        !verify_receipt(parent, opened.statement.identity_key)) {
      refuse(LinkName::kParents, Part::kParents, "a receipt that its worker did not sign");
      return;
    }
  }
  add(LinkName::kParents, bundle_.parents.empty() ? LinkState::kAbsent : LinkState::kProven,
      std::to_string(bundle_.parents.size()) + " of the " + std::to_string(named.size()) +
          " earlier receipts that it names are here");
}

void Judging::tell_what_is_not_proven() {
  std::vector<std::string>& out = chain_.not_proven;
  const auto state = [this](LinkName name) {
    const Link* const link = chain_.find(name);
    return link == nullptr ? LinkState::kAbsent : link->state;
  };
  if (state(LinkName::kAnswer) != LinkState::kProven) {
    out.emplace_back("what was answered");
  } else if (!shows_whole_answer(bundle_.shown, presented_)) {
    out.emplace_back("what the rest of the answer says");
  }
  if (state(LinkName::kQuestion) != LinkState::kProven) out.emplace_back("what was asked");
  if (!trust_.registry) {
    out.emplace_back(
        "that the network allows this image, machine and model: no registry was given to judge by");
  }
  if (!trust_.block) {
    out.emplace_back("that block " + std::to_string(bundle_.block.seqno.value()) +
                     ", which dates the evidence, is TON's: the bundle says so");
  }
  if (state(LinkName::kLogged) != LinkState::kProven) {
    out.emplace_back("that a known log holds the receipt");
  }
  out.emplace_back(
      "that the log still holds it and shows everyone the same: no root of it is anchored on TON");
  out.emplace_back("when it was: the times are the worker's own clock");
  if (chain_.worker && chain_.worker->is_development_root()) {
    out.emplace_back("that anything was confidential: the machine is a simulation");
  }
  if (chain_.receipt && !chain_.receipt->parents.empty()) {
    out.emplace_back("where the earlier answers came from: their own bundles say that");
  }
  out.emplace_back("that the answer is true, or that nobody opened the machine's casing");
}

}  // namespace cocoon::provenance::bundle
