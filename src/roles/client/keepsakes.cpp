#include "roles/client/keepsakes.h"

#include "attest/policy_cbor.h"
#include "crypto/hash.h"
#include "provenance/bundle/bundle.h"
#include "roles/client/error.h"

namespace cocoon::client {
namespace {

using provenance::bundle::Bundle;
using provenance::bundle::Shown;

Shown shown_of(const provenance::SaltRoot& salts, Showing showing) {
  Shown shown;
  if (showing != Showing::kNothing) shown.output_salts = salts.output();
  if (showing == Showing::kEverything) {
    shown.prompt_salt = salts.prompt();
    shown.params_salt = salts.params();
  }
  return shown;
}

}  // namespace

Task<void> Keepsakes::keep(const Exchange& exchange) {
  KeptAnswer kept{.receipt = exchange.signed_receipt(),
                  .salts = exchange.salts().clone(),
                  .parents = exchange.parent_ids(),
                  .origin = {}};
  if (exchange.origin()) {
    auto origin = co_await keep_origin(exchange.origin(), exchange.worker().statement().model_name,
                                       exchange.line()->proxy.key);
    if (origin) {
      kept.origin = std::move(*origin);
    } else {
      world_.log.error("client.origin_not_kept", {LogField::error(origin.error())});
    }
  }
  const Status done = co_await world_.answers.put(exchange.request_id(), kept.encode());
  if (!done) world_.log.error("client.receipt_not_kept", {LogField::error(done.error())});
  world_.promises.expect(exchange.request_id(), provenance::receipt_hash(kept.receipt),
                         exchange.line());
}

Task<Result<KeptOrigin>> Keepsakes::keep_origin(std::shared_ptr<const WorkerOrigin> origin,
                                                std::string model_name,
                                                crypto::Ed25519PublicKey proxy) {
  if (const KeptOrigin* const known = kept_origins_.find(origin)) {
    KeptOrigin out = *known;
    out.proxy = proxy;
    co_return out;
  }
  KeptOrigin out{.proxy = proxy,
                 .evidence = {},
                 .collateral = {},
                 .policy = {},
                 .model_name = std::move(model_name),
                 .block = origin->block};
  CO_TRY(out.evidence, co_await keep_document(origin->evidence));
  if (origin->collateral) {
    CO_TRY(out.collateral, co_await keep_document(*origin->collateral));
  }
  CO_TRY(out.policy, co_await keep_document(*origin->policy));
  kept_origins_.remember(origin, out);
  co_return out;
}

Task<Result<ports::DocumentDigest>> Keepsakes::keep_document(Bytes document) {
  const ports::DocumentDigest digest(crypto::sha256(document));
  CO_TRY_VOID(co_await world_.documents.put(digest, std::move(document)));
  co_return digest;
}

Task<Result<Bytes>> Keepsakes::document(ports::DocumentDigest digest) {
  CO_TRY(std::optional<Bytes> found, co_await world_.documents.get(digest));
  if (!found) co_return fail(ClientError::kUnreadable, "a document of the bundle is gone");
  co_return std::move(*found);
}

Task<Result<std::optional<KeptAnswer>>> Keepsakes::find(RequestId id) {
  CO_TRY(const std::optional<Bytes> record, co_await world_.answers.get(id));
  if (!record) co_return std::optional<KeptAnswer>();
  CO_TRY(KeptAnswer kept, KeptAnswer::decode(*record));
  co_return std::optional<KeptAnswer>(std::move(kept));
}

Task<Result<std::vector<Bytes>>> Keepsakes::receipts_of(std::vector<RequestId> ids) {
  std::vector<Bytes> out;
  for (const RequestId& id : ids) {
    CO_TRY(std::optional<KeptAnswer> parent, co_await find(id));
    if (parent) out.push_back(std::move(parent->receipt));
  }
  co_return out;
}

Task<Result<std::optional<Bytes>>> Keepsakes::bundle(RequestId id, Showing showing) {
  CO_TRY(std::optional<KeptAnswer> kept, co_await find(id));
  if (!kept) co_return std::optional<Bytes>();
  if (!kept->origin) co_return fail(ClientError::kUnreadable, "the worker's evidence was not kept");
  const KeptOrigin& origin = *kept->origin;
  CO_TRY(const provenance::Receipt receipt, provenance::parse_unverified_receipt(kept->receipt));
  Bundle bundle{.receipt = std::move(kept->receipt),
                .shown = shown_of(kept->salts, showing),
                .evidence = {},
                .collateral = {},
                .block = origin.block,
                .registry = {.policy = {},
                             .model = {.name = origin.model_name, .hash = receipt.model_hash},
                             .log_key = origin.proxy},
                .log_proof = {},
                .parents = {}};
  CO_TRY(bundle.evidence, co_await document(origin.evidence));
  if (origin.collateral) {
    CO_TRY(bundle.collateral, co_await document(*origin.collateral));
  }
  CO_TRY(bundle.registry.policy, co_await document(origin.policy));
  CO_TRY(const std::optional<Bytes> proof, co_await promise(id));
  if (proof) bundle.log_proof = as_text(*proof);
  CO_TRY(bundle.parents, co_await receipts_of(std::move(kept->parents)));
  CO_TRY(Bytes encoded, bundle.encode());
  co_return std::optional<Bytes>(std::move(encoded));
}

}  // namespace cocoon::client
