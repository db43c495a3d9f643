// A proxy that gives one envelope to every candidate, and what each side can lose by it.
#include <doctest/doctest.h>

#include <set>

#include "codec/base64.h"
#include "provenance/bill.h"
#include "sealed/format/envelope.h"
#include "tests/network/network.h"
#include "wire/protocol.h"

using namespace cocoon;
using namespace cocoon::network;
using namespace std::chrono_literals;

namespace {

constexpr const char* kQuestion =
    R"({"model":"test-model","messages":[{"role":"user","content":"x"}],"stream":true})";

// Stands where the network's only proxy stood. It has every candidate answer and passes on what
// `choose` makes of the answers.
class HostileProxy final : public ports::HttpHandler {
 public:
  using Answers = std::vector<fakes::WholeAnswer>;
  // Which recipient's wrap goes to which candidate: as sealed, or the next one's.
  enum class Wraps : std::uint8_t { kAsSealed, kSwapped };

  explicit HostileProxy(Network& network, Wraps wraps = Wraps::kAsSealed)
      : network_(network), node_(*network.proxies[0]), wraps_(wraps) {
    auto& world = network.world;
    world.network.unplug(node_.place);
    world.network.listen(node_.place, *this, [this](std::shared_ptr<ports::WorkerLink> link) {
      node_.pool.attach(network_.world.sim.executor(), std::move(link));
    });
    world.sim.advance(30s);
  }

  std::function<Bytes(const Answers&)> choose = [](const Answers& all) { return all[0].body; };
  Answers answers;  // of the last request, one for each candidate
  Bytes envelope;   // as it came
  sealed::EnvelopeHead head;

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override {
    if (request.path != wire::kPathRelay) {
      co_await node_.service.handle(std::move(request), response);
      co_return;
    }
    envelope = (co_await ports::read_all(*request.body, 1U << 20U)).value();
    co_await ask_all();
    std::string kid = head.recipients[0].kid.hex();
    Bytes body = choose(answers);
    (void)co_await ports::respond(
        response, answers[0].status,
        {{"content-type", std::string(wire::kMediaResponse)}, {std::string(wire::kHeaderKid), kid}},
        std::move(body));
  }

  // What every candidate says to the envelope that was kept.
  [[nodiscard]] Task<void> ask_all() {
    const auto parsed = sealed::parse_envelope_head(envelope, sealed::EnvelopeKind::kRelay).value();
    head = parsed.head;
    answers.clear();
    for (std::size_t i = 0; i < head.recipients.size(); ++i) {
      sealed::Recipient recipient = head.recipients[i];
      if (wraps_ == Wraps::kSwapped)
        recipient.data = head.recipients[(i + 1) % head.recipients.size()].data;
      const auto worker = node_.pool.find(head.recipients[i].kid);
      Bytes infer = sealed::encode_infer_head(head.header, recipient);
      append(infer, BytesView(envelope).subspan(parsed.bytes_consumed));
      auto answer = co_await fakes::exchange(worker->client(), network_.world.clock(), "POST",
                                             std::string(wire::kPathInfer),
                                             {{"content-type", std::string(wire::kMediaInfer)},
                                              {std::string(wire::kHeaderVoucher), ""}},
                                             std::move(infer));
      answers.push_back(std::move(answer).value());
    }
  }

 private:
  Network& network_;
  ProxyNode& node_;
  Wraps wraps_;
};

std::size_t engine_calls(const Network& network) {
  std::size_t sum = 0;
  for (const auto& worker : network.workers) sum += worker->engine.calls().size();
  return sum;
}

}  // namespace

TEST_CASE("of one envelope that every candidate answered the client takes one answer") {
  Network network({.proxies = 1, .workers = 3});
  for (std::size_t i = 0; i < 3; ++i) {
    network.workers[i]->engine.answer_with(fakes::chat_stream(
        {"answer-" + std::to_string(i)}, 10ms, "stop", {.input = 100, .output = 64 * (i + 1)}));
  }
  HostileProxy proxy(network);
  const auto answer = network.ask_now(kQuestion);
  REQUIRE(answer.has_value());
  CHECK_EQ(answer->status, 200);
  REQUIRE_EQ(proxy.answers.size(), 3);
  CHECK_EQ(engine_calls(network), 3);

  // One worker's text, one worker's receipt.
  WorkerNode* const accepted = network.worker_of(answer->header("x-cocoon-kid"));
  REQUIRE(accepted != nullptr);
  int texts = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const bool is_there =
        answer->text().find("answer-" + std::to_string(i)) != std::string_view::npos;
    CHECK_EQ(is_there, network.workers[i].get() == accepted);
    texts += is_there ? 1 : 0;
  }
  CHECK_EQ(texts, 1);
  const auto& receipts = network.client->receipts.receipts();
  REQUIRE_EQ(receipts.size(), 1);

  // Each worker bills its own answer and no other; the client's receipt stands behind one bill.
  int bills_behind_the_receipt = 0;
  std::set<ReceiptHash> billed;
  for (std::size_t i = 0; i < 3; ++i) {
    WorkerNode* const worker = network.worker_of(proxy.head.recipients[i].kid.hex());
    REQUIRE(worker != nullptr);
    const auto bytes =
        codec::from_base64(ports::find_field(proxy.answers[i].trailers, wire::kTrailerBill));
    REQUIRE(bytes.has_value());
    const auto bill = provenance::verify_bill(*bytes, worker->keyring.identity().public_key());
    REQUIRE(bill.has_value());
    CHECK(bill->request_id == proxy.head.header.request_id);
    CHECK(bill->kid == proxy.head.recipients[i].kid);
    CHECK(bill->price <= proxy.head.header.max_price);
    const auto own = static_cast<std::size_t>(
        std::ranges::find_if(network.workers,
                             [&](const auto& each) { return each.get() == worker; }) -
        network.workers.begin());
    CHECK_EQ(bill->buckets.output, own + 1);
    billed.insert(bill->receipt);
    if (bill->receipt ==
        provenance::receipt_hash(network.client->receipt_of(receipts.begin()->first)))
      ++bills_behind_the_receipt;
  }
  CHECK_EQ(billed.size(), 3);
  CHECK_EQ(bills_behind_the_receipt, 1);
}

TEST_CASE("the envelope that a worker answered is worth nothing there a second time") {
  Network network({.proxies = 1, .workers = 3});
  HostileProxy proxy(network);
  CHECK_EQ(network.ask_now(kQuestion).value().status, 200);
  CHECK_EQ(engine_calls(network), 3);
  network.world.sim.run(proxy.ask_all());
  for (const auto& answer : proxy.answers) {
    CHECK_EQ(answer.status, 409);
    CHECK(ports::find_field(answer.trailers, wire::kTrailerBill).empty());
  }
  CHECK_EQ(engine_calls(network), 3);
}

TEST_CASE("wraps that are swapped between candidates open nothing") {
  Network network({.proxies = 1, .workers = 3});
  HostileProxy proxy(network, HostileProxy::Wraps::kSwapped);
  const auto answer = network.ask_now(kQuestion);
  CHECK(answer.value().status >= 500);
  for (const auto& each : proxy.answers) CHECK_EQ(each.status, 400);
  CHECK_EQ(engine_calls(network), 0);
  CHECK(network.client->receipts.receipts().empty());
}

TEST_CASE("two answers spliced into one are an error, never an answer") {
  Network network({.proxies = 1, .workers = 3});
  HostileProxy proxy(network);
  proxy.choose = [](const HostileProxy::Answers& all) {
    const BytesView first = all[0].body;
    const BytesView second = all[1].body;
    return concat({first.first(first.size() / 2), second.subspan(second.size() / 2)});
  };
  const auto spliced = network.ask_now(kQuestion);
  REQUIRE(spliced.has_value());
  CHECK(spliced->text().find("[DONE]") == std::string_view::npos);
  CHECK(spliced->text().find("\"error\"") != std::string_view::npos);

  proxy.choose = [](const HostileProxy::Answers& all) {
    return concat({all[0].body, all[1].body});
  };
  const auto doubled = network.ask_now(kQuestion);
  REQUIRE(doubled.has_value());
  CHECK(doubled->text().find("[DONE]") == std::string_view::npos);
}
