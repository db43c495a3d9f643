#include "roles/proxy/bill_book.h"

#include <doctest/doctest.h>

#include "codec/base64.h"
#include "provenance/bill.h"
#include "roles/proxy/proxy_scene_test.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::proxy;
using fakes::StubWorker;

namespace {

RequestId id_of(std::uint8_t number) {
  ByteArray<16> bytes{};
  bytes[0] = std::byte{number};
  return RequestId(bytes);
}

}  // namespace

TEST_CASE("the first bill of a request stays, and the oldest of too many goes") {
  BillBook book(2);
  book.put(id_of(1), to_bytes("one"));
  book.put(id_of(1), to_bytes("another"));
  CHECK_EQ(as_text(*book.find(id_of(1))), "one");
  book.put(id_of(2), to_bytes("two"));
  CHECK(book.find(id_of(1)) != nullptr);
  book.put(id_of(3), to_bytes("three"));
  CHECK(book.find(id_of(1)) == nullptr);
  CHECK_EQ(as_text(*book.find(id_of(2))), "two");
  CHECK_EQ(as_text(*book.find(id_of(3))), "three");
}

TEST_CASE("a bill is kept, and shown, only if its worker signed it for this very request") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  StubWorker other(scene.world, "other");
  scene.attach(worker);
  const Envelope envelope = envelope_for(scene, {&worker});
  const RequestId& id = envelope.head.header.request_id;
  provenance::Bill bill{.request_id = id,
                        .kid = worker.kid(),
                        .buckets = {.input = 1, .output = 1},
                        .price = {},
                        .status = provenance::AnswerStatus::kOk,
                        .receipt = {}};
  const crypto::Ed25519KeyPair* signer = &worker.identity;
  enum class Expect : std::uint8_t { kKept, kRefused } expect = Expect::kRefused;
  std::string trailer;
  SUBCASE("as it should be") { expect = Expect::kKept; }
  SUBCASE("signed by another worker") { signer = &other.identity; }
  SUBCASE("for another request") { bill.request_id = id_of(9); }
  SUBCASE("under another kid") { bill.kid = other.kid(); }
  SUBCASE("not base64") { trailer = "!!"; }
  SUBCASE("not a bill") { trailer = "AAAA"; }
  const Bytes signed_bill = provenance::sign_bill(bill, *signer);
  if (trailer.empty()) trailer = codec::to_base64(signed_bill);
  worker.infer = fakes::giving({"answer"}, {}, trailer);

  const auto answer = post(scene, envelope.encode());
  CHECK_EQ(answer.value().status, 200);
  CHECK_EQ(answer->text(), "answer");
  const fakes::WholeAnswer shown = scene.get(std::string(wire::kPathBills) + id.hex());
  if (expect == Expect::kKept) {
    CHECK_EQ(shown.status, 200);
    CHECK(equal(shown.body, signed_bill));
  } else {
    CHECK_EQ(shown.status, 404);
    CHECK_EQ(scene.world.log.count("proxy.bill_refused"), 1);
  }
}

TEST_CASE("an answer without a bill is passed on all the same, and noted") {
  ProxyScene scene;
  StubWorker worker(scene.world, "one");
  scene.attach(worker);
  CHECK_EQ(post(scene, {&worker}).value().status, 200);
  CHECK_EQ(scene.world.log.count("proxy.bill_refused"), 1);
}
