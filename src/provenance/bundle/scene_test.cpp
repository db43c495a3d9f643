#include "provenance/bundle/scene_test.h"

#include <doctest/doctest.h>

#include "attest/policy_cbor.h"
#include "crypto/hash.h"

namespace cocoon::provenance::bundle::test {
namespace {

constexpr std::string_view kPrompt = R"({"messages":[{"role":"user","content":"Who wrote it?"}]})";
constexpr std::string_view kParams = R"({"model":"test-model"})";

SecretArray<32> secret_of(const std::string& seed) {
  return SecretArray<32>::copy_of(crypto::sha256(as_bytes(seed))).value();
}

std::vector<ShownRun> make_answer() {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "Sentence number " + std::to_string(i) + ". ";
  return {{.run = {}, .text = text},
          {.run = {.choice = 0, .part = 0, .field = OutputField::kReasoning}, .text = "Hm."}};
}

}  // namespace

crypto::Ed25519KeyPair key_of(const std::string& seed) {
  return crypto::Ed25519KeyPair::from_seed(secret_of("key of " + seed));
}

Link refused_by(const Chain& chain) {
  const Link* const link = chain.refused();
  REQUIRE(link != nullptr);
  REQUIRE(link->part.has_value());
  REQUIRE_FALSE(chain.holds());
  return *link;
}

Scene::Scene(const std::string& seed)
    : worker(tdxsim::make_worker_fixture(seed)),
      identity(key_of(seed)),
      proxy(key_of("proxy")),
      collateral(to_bytes(worker.platform.collateral())),
      salts(SaltRoot::of(secret_of("response " + seed))),
      answer(make_answer()),
      registry(std::make_shared<registry::Snapshot>()) {
  worker.statement.identity_key = identity.public_key();
  const attest::Image& image = worker.policy.images.at(0);
  const std::uint64_t now_ms = std::uint64_t{worker.now.value()} * 1000;
  receipt = {.request_id = RequestId(),
             .kid = attest::kid_for(worker.statement.encode()),
             .image_hash = attest::image_hash_of(image, image.shapes.at(0)),
             .model_hash = worker.statement.model_hash,
             .params = commit_params(salts.params(), as_bytes(kParams)),
             .prompt = commit_prompt(salts.prompt(), as_bytes(kPrompt)),
             .output = commit_runs(salts.output(), answer).value().commitment(),
             .tokens = {},
             .started_at = UnixMillis(now_ms - 2'000),
             .ended_at = UnixMillis(now_ms),
             .status = AnswerStatus::kOk,
             .terms_hash = TermsHash(),
             .price = NanoTon(),
             .parents = {},
             .masterchain_seqno = worker.statement.block_seqno};
  registry->network = worker.policy.network;
  registry->policy = worker.policy;
  registry->models = {{.name = worker.statement.model_name, .hash = worker.statement.model_hash}};
  registry->proxies = {{.name = "one", .key = proxy.public_key(), .host = "127.0.0.1", .port = 1}};
}

Bytes Scene::signed_receipt() const { return sign_receipt(receipt, identity).value(); }

std::string Scene::log_proof(std::uint64_t index, std::uint64_t size) const {
  std::vector<MerkleHash> leaves;
  for (std::uint64_t i = 0; i < size; ++i) {
    const ByteArray<1> other{static_cast<std::byte>(i)};
    leaves.push_back(i == index ? log::entry_leaf(receipt_hash(signed_receipt()).view())
                                : log::entry_leaf(crypto::sha256(other)));
  }
  const log::TreeHead head{.size = size, .root = merkle_root(leaves)};
  return log::LogProof{
      .index = index,
      .hashes = index < size ? merkle_inclusion_proof(leaves, index) : std::vector<MerkleHash>(),
      .checkpoint = log::sign_checkpoint(head, log::proxy_log_key(proxy.public_key()), proxy)}
      .text();
}

Bundle Scene::bare() const {
  return {.receipt = signed_receipt(),
          .shown = {},
          .evidence = worker.bundle().encode(),
          .collateral = collateral,
          .block = worker.block,
          .registry = {.policy = attest::encode_policy(registry->policy),
                       .model = {.name = worker.statement.model_name,
                                 .hash = worker.statement.model_hash},
                       .log_key = proxy.public_key()},
          .log_proof = log_proof(5, 9),
          .parents = {}};
}

Bundle Scene::bundle() const {
  Bundle out = bare();
  out.shown.output_salts = salts.output();
  out.shown.runs = answer;
  out.shown.prompt_salt = salts.prompt();
  out.shown.prompt = to_bytes(kPrompt);
  return out;
}

Trust Scene::trust() const {
  return {.registry = registry, .block = worker.block, .at = worker.now};
}

Chain Scene::judge(const Bundle& bundle) const {
  Verifier verifier;
  return verifier.verify(bundle, trust());
}

}  // namespace cocoon::provenance::bundle::test
