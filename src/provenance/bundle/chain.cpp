#include "provenance/bundle/chain.h"

#include <algorithm>

#include "codec/rfc3339.h"

namespace cocoon::provenance::bundle {
namespace {

using codec::Json;

Json json_of(const Receipt& receipt) {
  Json out = Json::object();
  out.set("request_id", Json::string(receipt.request_id.hex()));
  out.set("kid", Json::string(receipt.kid.hex()));
  out.set("model_hash", Json::string(receipt.model_hash.hex()));
  out.set("image_hash", Json::string(receipt.image_hash.hex()));
  out.set("status", Json::string(name_of(receipt.status)));
  out.set("started_at_ms", Json::number(receipt.started_at.value()));
  out.set("ended_at_ms", Json::number(receipt.ended_at.value()));
  out.set("input_tokens", Json::number(receipt.tokens.input.value()));
  out.set("output_tokens", Json::number(receipt.tokens.output.value()));
  out.set("price_nano", Json::number(receipt.price.nano()));
  out.set("masterchain_seqno", Json::number(std::uint64_t{receipt.masterchain_seqno.value()}));
  Json::Array parents;
  for (const ReceiptHash& parent : receipt.parents) parents.push_back(Json::string(parent.hex()));
  out.set("parents", Json::array(std::move(parents)));
  return out;
}

Json json_of(const attest::VerifiedWorker& worker) {
  Json out = Json::object();
  out.set("platform",
          Json::string(worker.platform() == attest::Platform::kTdx ? "tdx" : "sev-snp"));
  out.set("root", Json::string(worker.is_development_root() ? "development" : "vendor"));
  out.set("image", Json::string(worker.image_name()));
  out.set("model", Json::string(worker.statement().model_name));
  out.set("gpus", Json::number(std::uint64_t{worker.gpus().size()}));
  return out;
}

Json json_of(const Link& link) {
  Json out = Json::object();
  out.set("name", Json::string(name_of(link.name)));
  out.set("state", Json::string(name_of(link.state)));
  out.set("text", Json::string(link.text));
  if (link.part) out.set("part", Json::string(name_of(*link.part)));
  return out;
}

}  // namespace

std::string_view name_of(LinkName name) {
  switch (name) {
    case LinkName::kAnswer:
      return "answer";
    case LinkName::kQuestion:
      return "question";
    case LinkName::kReceipt:
      return "receipt";
    case LinkName::kModel:
      return "model";
    case LinkName::kImage:
      return "image";
    case LinkName::kMachine:
      return "machine";
    case LinkName::kLogged:
      return "logged";
    case LinkName::kAnchored:
      return "anchored";
    case LinkName::kParents:
      return "parents";
  }
  return "unknown";
}

std::string_view name_of(LinkState state) {
  switch (state) {
    case LinkState::kProven:
      return "proven";
    case LinkState::kUnproven:
      return "unproven";
    case LinkState::kAbsent:
      return "absent";
    case LinkState::kRefused:
      return "refused";
  }
  return "unknown";
}

const Link* Chain::find(LinkName name) const {
  const auto found = std::ranges::find(links, name, &Link::name);
  return found == links.end() ? nullptr : &*found;
}

const Link* Chain::refused() const {
  const auto found = std::ranges::find(links, LinkState::kRefused, &Link::state);
  return found == links.end() ? nullptr : &*found;
}

bool Chain::holds() const {
  const auto is_proven = [this](LinkName name) {
    const Link* const link = find(name);
    return link != nullptr && link->state == LinkState::kProven;
  };
  return refused() == nullptr && is_proven(LinkName::kReceipt) && is_proven(LinkName::kModel) &&
         is_proven(LinkName::kImage) && is_proven(LinkName::kMachine);
}

Json Chain::to_json() const {
  Json out = Json::object();
  out.set("verified", Json::boolean(holds()));
  if (const Link* const link = refused(); link != nullptr) {
    const std::string_view part = link->part ? name_of(*link->part) : name_of(link->name);
    out.set("reason", Json::string(std::string(part) + ": " + link->text));
  }
  Json::Array listed;
  for (const Link& link : links) listed.push_back(json_of(link));
  out.set("links", Json::array(std::move(listed)));
  Json::Array missing;
  for (const std::string& sentence : not_proven) missing.push_back(Json::string(sentence));
  out.set("not_proven", Json::array(std::move(missing)));
  out.set("receipt_hash", Json::string(receipt_hash.hex()));
  if (receipt) out.set("receipt", json_of(*receipt));
  if (worker) out.set("worker", json_of(*worker));
  out.set("policy_hash", Json::string(policy.hex()));
  out.set("judged_at", Json::string(codec::write_rfc3339(judged_at)));
  if (checkpoint) {
    Json log = Json::object();
    log.set("origin", Json::string(checkpoint->origin));
    log.set("size", Json::number(checkpoint->head.size));
    log.set("index", Json::number(log_index));
    out.set("log", std::move(log));
  }
  return out;
}

}  // namespace cocoon::provenance::bundle
