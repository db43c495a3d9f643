#include "roles/client/exchange.h"

#include <doctest/doctest.h>

#include "roles/client/client_scene_test.h"

using namespace cocoon;
using namespace cocoon::client;
using namespace std::chrono_literals;
using ports::Counter;
using provenance::Receipt;

namespace {

constexpr std::string_view kDone = "[DONE]";

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A stream that went wrong: an error event, no end, no receipt.
void check_broken_stream(ClientScene& scene) {
  const auto answer = post(scene, kChat);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 200);
  const std::string_view text = answer->text();
  CHECK_FALSE(holds(text, kDone));
  const auto last = text.rfind("data: ");
  REQUIRE(last != std::string_view::npos);
  CHECK(text.ends_with("\n\n"));
  CHECK_EQ(error_code(text.substr(last + 6)), "bad_gateway");
  CHECK_EQ(scene.receipts.size(), 0);
  CHECK_EQ(scene.metrics.count(Counter::kRequestsOk), 0);
  CHECK_EQ(scene.metrics.count(Counter::kRequestsFailed), 1);
}

// The same for an answer in one piece: nothing of it reaches the app.
void check_refused_whole(ClientScene& scene) {
  const auto answer = post(scene, kChatWhole);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 502);
  CHECK_EQ(error_code(answer->text()), "bad_gateway");
  CHECK_FALSE(holds(answer->text(), "Paris"));
  CHECK_EQ(scene.receipts.size(), 0);
  CHECK_EQ(scene.metrics.count(Counter::kRequestsOk), 0);
}

void check_refused_both_ways(const std::function<void(ClientScene&, AnswerPlan&)>& spoil) {
  {
    ReadyScene scene;
    AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
    spoil(scene, plan);
    scene.answer_with(plan);
    check_broken_stream(scene);
  }
  ReadyScene scene;
  AnswerPlan plan = plan_of(fakes::chat_whole("Paris"));
  spoil(scene, plan);
  scene.answer_with(plan);
  check_refused_whole(scene);
}

void check_receipt_refused(const std::function<void(Receipt&)>& bend) {
  check_refused_both_ways([&](ClientScene&, AnswerPlan& plan) { plan.bend = bend; });
}

}  // namespace

TEST_CASE(
    "a receipt for something else than what was asked or answered is refused, and the answer with "
    "it") {
  SUBCASE("another request") {
    check_receipt_refused([](Receipt& receipt) { receipt.request_id = RequestId(); });
  }
  SUBCASE("another key") {
    check_receipt_refused([](Receipt& receipt) { receipt.kid = Kid(); });
  }
  SUBCASE("another image") {
    check_receipt_refused([](Receipt& receipt) { receipt.image_hash = ImageHash(); });
  }
  SUBCASE("another model") {
    check_receipt_refused([](Receipt& receipt) { receipt.model_hash = ModelHash(); });
  }
  SUBCASE("another prompt") {
    check_receipt_refused([](Receipt& receipt) { receipt.prompt = {}; });
  }
  SUBCASE("other parameters") {
    check_receipt_refused([](Receipt& receipt) { receipt.params = {}; });
  }
  SUBCASE("another answer") {
    check_receipt_refused([](Receipt& receipt) { receipt.output.root = {}; });
  }
  SUBCASE("a longer answer") {
    check_receipt_refused([](Receipt& receipt) { ++receipt.output.chunk_count; });
  }
  SUBCASE("a price over the limit") {
    check_receipt_refused([](Receipt& receipt) { receipt.price = NanoTon::from_nano(1).value(); });
  }
  SUBCASE("another block") {
    check_receipt_refused([](Receipt& receipt) { receipt.masterchain_seqno = Seqno(1); });
  }
  SUBCASE("an answer that failed") {
    check_receipt_refused(
        [](Receipt& receipt) { receipt.status = provenance::AnswerStatus::kError; });
  }
  SUBCASE("an answer that was aborted") {
    check_receipt_refused(
        [](Receipt& receipt) { receipt.status = provenance::AnswerStatus::kAborted; });
  }
  SUBCASE("other terms") {
    check_receipt_refused([](Receipt& receipt) {
      ByteArray<32> bytes{};
      bytes[0] = std::byte{1};
      receipt.terms_hash = TermsHash(bytes);
    });
  }
  SUBCASE("other parents") {
    check_receipt_refused([](Receipt& receipt) { receipt.parents = {ReceiptHash()}; });
  }
}

TEST_CASE("a receipt over another text than the one that came is refused") {
  ReadyScene scene;
  AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
  plan.committed = joined(plan_of(fakes::chat_stream({"Lon", "don"})));
  scene.answer_with(plan);
  check_broken_stream(scene);
}

TEST_CASE("a receipt that another key signed is refused") {
  const crypto::Ed25519KeyPair stranger = fakes::World(99).new_identity();
  check_refused_both_ways([&](ClientScene&, AnswerPlan& plan) { plan.signer = &stranger; });
}

TEST_CASE("an answer without a receipt, with two, or with its receipt in front is refused") {
  SUBCASE("none") {
    check_refused_both_ways(
        [](ClientScene&, AnswerPlan& plan) { plan.receipts = AnswerPlan::Receipts::kNone; });
  }
  SUBCASE("two") {
    check_refused_both_ways(
        [](ClientScene&, AnswerPlan& plan) { plan.receipts = AnswerPlan::Receipts::kTwo; });
  }
  SUBCASE("in front") {
    check_refused_both_ways(
        [](ClientScene&, AnswerPlan& plan) { plan.receipts = AnswerPlan::Receipts::kBeforeData; });
  }
}

TEST_CASE("an answer that stops before its end frame is an error, never a short answer") {
  SUBCASE("the stream ends in good order") {
    check_refused_both_ways(
        [](ClientScene&, AnswerPlan& plan) { plan.ending = AnswerPlan::Ending::kWithoutEndFrame; });
  }
  SUBCASE("the stream is reset") {
    check_refused_both_ways(
        [](ClientScene&, AnswerPlan& plan) { plan.ending = AnswerPlan::Ending::kReset; });
  }
  SUBCASE("reset before the receipt") {
    check_refused_both_ways([](ClientScene&, AnswerPlan& plan) {
      plan.receipts = AnswerPlan::Receipts::kNone;
      plan.ending = AnswerPlan::Ending::kReset;
    });
  }
}

TEST_CASE("a stream whose engine never said its end is an error even under a receipt") {
  ReadyScene scene;
  AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
  plan.pieces.pop_back();
  scene.answer_with(plan);
  check_broken_stream(scene);
}

TEST_CASE("an answer whose bytes were changed on the way is an error") {
  SUBCASE("in the middle") {
    check_refused_both_ways([](ClientScene&, AnswerPlan& plan) {
      plan.tamper = [writes = 0](Bytes& bytes) mutable {
        if (++writes == 2) bytes[bytes.size() / 2] ^= std::byte{1};
      };
    });
  }
  SUBCASE("from the start, and no other proxy has the worker") {
    ReadyScene scene;
    scene.plan.tamper = [](Bytes& bytes) { bytes.back() ^= std::byte{1}; };
    CHECK_EQ(post(scene, kChat).value().status, 502);
  }
}

TEST_CASE("an answer by a worker that was not asked is refused") {
  ReadyScene scene;
  const Kid other(scene.world.random.array<32>());
  scene.plan.tamper = [&other](Bytes& bytes) {
    // The stream's header names who answers, behind four bytes of magic.
    if (as_text(bytes).starts_with("CCR1")) std::ranges::copy(other.bytes(), bytes.begin() + 4);
  };
  CHECK_EQ(post(scene, kChat).value().status, 502);
  CHECK_EQ(scene.receipts.size(), 0);
}

TEST_CASE("a failure that the worker tells of ends a stream with an error event") {
  ReadyScene scene;
  AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
  plan.pieces.resize(1);
  plan.failure =
      sealed::ResponseFailure{.status = 502, .message = "the engine broke off its answer"};
  scene.answer_with(plan);
  const auto answer = post(scene, kChat);
  CHECK(holds(answer.value().text(), "the engine broke off its answer"));
  CHECK(holds(answer->text(), plan.pieces[0]));
  CHECK_FALSE(holds(answer->text(), kDone));
}

TEST_CASE("the end of a stream is held back until its receipt holds and is kept") {
  ReadyScene scene;
  scene.receipts.set_put_time(3s);
  AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
  plan.ending = AnswerPlan::Ending::kHangs;
  scene.answer_with(plan);
  auto response = open(scene, kChat);
  REQUIRE(response.has_value());
  std::string received;
  const auto collect = [](ports::BodyReader& body, std::string& into) -> Task<void> {
    for (;;) {
      auto piece = co_await body.read();
      if (!piece || piece->empty()) co_return;
      into += as_text(*piece);
    }
  };
  scene.world.sim.spawn(collect(*response->body, received));
  scene.world.sim.advance(1min);
  // All but the end is there; the receipt came, the end frame did not.
  CHECK(holds(received, plan.pieces[1]));
  CHECK_FALSE(holds(received, kDone));
  CHECK_EQ(scene.receipts.size(), 0);

  ReadyScene whole;
  whole.receipts.set_put_time(3s);
  auto second = open(whole, kChat);
  REQUIRE(second.has_value());
  std::string text;
  whole.world.sim.spawn(collect(*second->body, text));
  whole.world.sim.advance(2s);
  CHECK_FALSE(holds(text, kDone));
  whole.world.sim.advance(2s);
  CHECK(holds(text, kDone));
  CHECK_EQ(whole.receipts.size(), 1);
}

TEST_CASE("a full disk loses the receipt, not the answer, and is told in the log") {
  ReadyScene scene;
  scene.receipts.set_disk(fakes::MemoryReceiptStore::Disk::kFull);
  CHECK_EQ(post(scene, kChat).value().text(), joined(scene.plan));
  CHECK_EQ(scene.world.log.count("client.receipt_not_kept"), 1);
}

TEST_CASE("a stream that falls silent for too long is an error") {
  EndpointSettings settings;
  settings.exchange.idle_max = 30s;
  ReadyScene scene({.endpoint = settings});
  scene.plan.pause = 29s;
  CHECK(holds(post(scene, kChat).value().text(), kDone));
  ReadyScene silent({.endpoint = settings});
  silent.plan.pause = 31s;
  check_broken_stream(silent);
}

TEST_CASE("an answer in one piece over its bound is refused") {
  EndpointSettings settings;
  settings.exchange.answer_bytes_max = 10'000;
  ReadyScene scene({.endpoint = settings});
  scene.answer_with(plan_of(fakes::chat_whole("Paris" + std::string(10'000, '.'))));
  check_refused_whole(scene);
}

TEST_CASE("a receipt does not make an answer of a stream that stops before its end") {
  ReadyScene scene;
  AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
  plan.pieces.resize(2);
  scene.answer_with(plan);
  check_broken_stream(scene);
}

TEST_CASE("a stream that goes on behind its end is broken off before it fills the memory") {
  ClientScene::Options options;
  options.endpoint.exchange.answer_bytes_max = 64 * 1024;
  ReadyScene scene(std::move(options));
  AnswerPlan plan = plan_of(fakes::chat_stream({"Par", "is"}));
  for (int i = 0; i < 10; ++i) plan.pieces.push_back(": " + std::string(10'000, 'x') + "\n\n");
  scene.answer_with(plan);
  check_broken_stream(scene);
}

TEST_CASE("a request expires by the chain's clock, whatever the machine's own says") {
  ReadyScene scene;
  scene.answer_with(plan_of(fakes::chat_stream({"Paris"})));
  const std::uint32_t now = scene.fleet.chain_now().value();
  scene.world.clock().shift_wall(24h);
  CHECK(post(scene, kChat).has_value());
  REQUIRE_EQ(scene.asked.size(), 1);
  CHECK(scene.asked[0].header.expires.value() <= now + sealed::kValiditySecondsMax);
}
