#include <doctest/doctest.h>

#include "codec/base64.h"
#include "provenance/bill.h"
#include "roles/proxy/proxy_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::proxy;
using fakes::StubWorker;
using provenance::log::proxy_log_key;

namespace {

ReceiptHash receipt_number(std::uint8_t number) {
  return ReceiptHash(crypto::sha256({Bytes(1, std::byte{number})}));
}

// A worker that ends its answer with a good bill over this receipt, asked once.
fakes::WholeAnswer answer_with(ProxyScene& scene, StubWorker& worker, const ReceiptHash& receipt) {
  const Envelope envelope = envelope_for(scene, {&worker});
  const provenance::Bill bill{.request_id = envelope.head.header.request_id,
                              .kid = worker.kid(),
                              .buckets = {.input = 1, .output = 1},
                              .price = {},
                              .status = provenance::AnswerStatus::kOk,
                              .receipt = receipt};
  worker.infer =
      fakes::giving({"answer"}, {}, codec::to_base64(provenance::sign_bill(bill, worker.identity)));
  return post(scene, envelope.encode()).value();
}

std::string log_path(const std::string& below) { return std::string(wire::kPathLog) + below; }

std::string caching(const fakes::WholeAnswer& answer) {
  return std::string(ports::find_field(answer.headers, "cache-control"));
}

}  // namespace

TEST_CASE("the receipt of a billed answer is logged and its proof handed out") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  for (std::uint8_t i = 0; i < 3; ++i) answer_with(scene, worker, receipt_number(i));
  for (std::uint8_t i = 0; i < 3; ++i) {
    const auto shown = scene.get(std::string(wire::kPathLogProof) + receipt_number(i).hex());
    CHECK_EQ(shown.status, 200);
    CHECK_EQ(caching(shown), "no-cache");
    const auto proof = provenance::log::LogProof::parse(as_text(shown.body));
    REQUIRE(proof.has_value());
    const auto checkpoint =
        verify_log_proof(*proof, receipt_number(i), proxy_log_key(scene.receipts.key()));
    REQUIRE(checkpoint.has_value());
    CHECK_EQ(checkpoint->head.size, 3);
  }
}

TEST_CASE("anyone may read the log, and keep of it what no later entry changes") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  answer_with(scene, worker, receipt_number(1));
  const auto checkpoint = scene.get(std::string(wire::kPathCheckpoint));
  CHECK_EQ(checkpoint.text(), scene.receipts.checkpoint());
  CHECK_EQ(caching(checkpoint), "no-cache");
  const auto tile = scene.get(log_path("tile/0/000.p/1"));
  CHECK_EQ(tile.status, 200);
  CHECK(equal(tile.body, provenance::log::entry_leaf(receipt_number(1).view())));
  CHECK_EQ(caching(tile), "public, max-age=31536000, immutable");
  for (const std::string& absent :
       {log_path(""), log_path("tile/0/000"), log_path("tile/0/000.p/2"), log_path("tile/0/0"),
        log_path("../identity.key"), log_path("head"), log_path("checkpoint/"), log_path("proof/"),
        std::string(wire::kPathLogProof) + receipt_number(2).hex()}) {
    const auto answer = scene.get(absent);
    CHECK_MESSAGE(answer.status == 404, absent);
    CHECK_EQ(caching(answer), "");
  }
}

// The tiles, the checkpoint and its proofs are all that a stranger can read.
TEST_CASE("the public log holds nothing of a request but the hash of its receipt") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  answer_with(scene, worker, receipt_number(1));
  answer_with(scene, worker, receipt_number(2));
  CHECK(scene.receipts.entries() == std::vector{receipt_number(1), receipt_number(2)});
}

TEST_CASE("an answer whose bill is not good is not logged") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  StubWorker other(scene.world, "other");
  scene.attach(worker);
  std::swap(worker.identity, other.identity);
  answer_with(scene, worker, receipt_number(1));
  CHECK(scene.receipts.entries().empty());
}

TEST_CASE("a log whose disk fails is counted and told of, and answers go on") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  scene.receipts.set_disk(fakes::MemoryReceiptLog::Disk::kBroken);
  CHECK_EQ(answer_with(scene, worker, receipt_number(1)).text(), "answer");
  CHECK_EQ(scene.metrics.count(ports::Counter::kReceiptsNotLogged), 1);
  CHECK_EQ(scene.world.log.count("proxy.receipt_not_logged"), 1);
}
