#include "roles/client/client_scene_test.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "openai/commit.h"
#include "openai/stream_meter.h"
#include "sealed/open_request/open_request.h"
#include "sealed/seal_response/seal_response.h"

namespace cocoon::client {
namespace {

using fakes::StubWorker;
using sealed::FrameKind;

provenance::OutputCommitment commit_to(openai::Endpoint endpoint, const AnswerPlan& plan,
                                       const provenance::SaltRoot& salts) {
  const std::string text = plan.committed.value_or(joined(plan));
  provenance::OutputCommitter output(salts.output());
  if (plan.status == 200 && plan.content_type.starts_with("text/event-stream")) {
    openai::StreamMeter meter(endpoint, openai::UsageChunk::kForward,
                              [&](const openai::Segment& segment) {
                                COCOON_CHECK(openai::commit(output, segment).has_value());
                              });
    COCOON_CHECK(meter.feed(as_bytes(text)).has_value());
    (void)meter.finish();
  } else {
    COCOON_CHECK(openai::commit_whole(endpoint, plan.status, as_bytes(text), output).has_value());
  }
  return std::move(output).finish().value().commitment();
}

// One answer on its way out of a stub.
class Sealing {
 public:
  Sealing(ClientScene& scene, StubWorker& worker, ports::ResponseWriter& response)
      : scene_(scene), plan_(scene.plan), worker_(worker), response_(response) {}

  Task<void> answer(ports::HttpRequest request) {
    const auto envelope = co_await ports::read_all(*request.body, sealed::kInferBytesMax);
    COCOON_CHECK(envelope.has_value());
    const auto parsed =
        sealed::parse_envelope_head(*envelope, sealed::EnvelopeKind::kInfer).value();
    auto opened =
        sealed::open_request(parsed.head, BytesView(*envelope).subspan(parsed.bytes_consumed),
                             worker_.kid(), worker_.hpke);
    COCOON_CHECK(opened.has_value());
    const std::string body(as_text(opened->plaintext.body.expose()));
    scene_.asked.push_back({parsed.head.header, opened->plaintext.path, body, &worker_});
    const auto endpoint = openai::find_endpoint("POST", opened->plaintext.path).value();
    const auto salts = provenance::SaltRoot::of(opened->response_secret.secret);
    sealer_.emplace(
        sealed::ResponseSealer::create(opened->response_secret,
                                       sealed::ResponseNonce(scene_.world.random.array<32>()))
            .value());
    const auto asked = openai::commit_request(endpoint, as_bytes(body), salts);
    const ports::Block block = fakes::FakeChainHead::block_of(worker_.statement.block_seqno);
    const UnixMillis now(std::uint64_t{block.generated_at.value()} * 1000);
    provenance::Receipt receipt{
        .request_id = parsed.head.header.request_id,
        .kid = worker_.kid(),
        .image_hash = attest::image_hash_of(image(), image().shapes.front()),
        .model_hash = worker_.statement.model_hash,
        .params = asked.params,
        .prompt = asked.prompt,
        .output = commit_to(endpoint, plan_, salts),
        .tokens = {},
        .started_at = now,
        .ended_at = now,
        .status = provenance::AnswerStatus::kOk,
        .terms_hash = {},
        .price = {},
        .parents = opened->plaintext.parents,
        .masterchain_seqno = worker_.statement.block_seqno};
    if (plan_.bend) plan_.bend(receipt);
    signed_receipt_ = provenance::sign_receipt(
                          receipt, plan_.signer != nullptr ? *plan_.signer : worker_.identity)
                          .value();
    co_await send();
  }

 private:
  [[nodiscard]] static attest::Image image() {
    return tdxsim::image_of(tdxsim::default_measurements());
  }

  Task<void> send() {
    Status sent = response_.head(200, {});
    Bytes first = sealer_->header();
    const sealed::ResponseHead head{.status = plan_.status, .content_type = plan_.content_type};
    append(first, sealer_->frame(FrameKind::kHead, head.encode()).value());
    sent = co_await write(std::move(first));
    if (sent && plan_.receipts == AnswerPlan::Receipts::kBeforeData)
      sent = co_await write_receipt();
    for (const std::string& piece : plan_.pieces) {
      if (plan_.pause > fakes::Duration::zero())
        co_await scene_.world.clock().sleep_for(plan_.pause);
      if (sent) sent = co_await write(sealer_->frame(FrameKind::kData, as_bytes(piece)).value());
    }
    if (sent && plan_.failure)
      sent = co_await write(sealer_->frame(FrameKind::kError, plan_.failure->encode()).value());
    const bool is_behind = plan_.receipts == AnswerPlan::Receipts::kOne ||
                           plan_.receipts == AnswerPlan::Receipts::kTwo;
    if (sent && is_behind) sent = co_await write_receipt();
    if (sent && plan_.receipts == AnswerPlan::Receipts::kTwo) sent = co_await write_receipt();
    if (sent) co_await end();
  }

  Task<void> end() {
    switch (plan_.ending) {
      case AnswerPlan::Ending::kWhole: {
        const Status sent = co_await write(sealer_->finish().value());
        if (sent) (void)co_await response_.finish({});
        break;
      }
      case AnswerPlan::Ending::kWithoutEndFrame:
        (void)co_await response_.finish({});
        break;
      case AnswerPlan::Ending::kReset:
        response_.abort();
        break;
      case AnswerPlan::Ending::kHangs:
        co_await response_.wait_closed();
        break;
    }
  }
  Task<Status> write_receipt() {
    return write(sealer_->frame(FrameKind::kReceipt, signed_receipt_).value());
  }
  Task<Status> write(Bytes bytes) {
    if (plan_.tamper) plan_.tamper(bytes);
    return response_.write(std::move(bytes));
  }

  ClientScene& scene_;
  AnswerPlan plan_;
  StubWorker& worker_;
  ports::ResponseWriter& response_;
  std::optional<sealed::ResponseSealer> sealer_;
  Bytes signed_receipt_;
};

Task<void> answer_sealed(ClientScene& scene, StubWorker& worker, ports::HttpRequest request,
                         ports::ResponseWriter& response) {
  Sealing sealing(scene, worker, response);
  co_await sealing.answer(std::move(request));
}

StubWorker& add(ClientScene& scene, std::unique_ptr<StubWorker> worker) {
  worker->infer = [&scene](StubWorker& self, ports::HttpRequest request,
                           ports::ResponseWriter& response) {
    return answer_sealed(scene, self, std::move(request), response);
  };
  scene.workers.push_back(std::move(worker));
  return *scene.workers.back();
}

}  // namespace

AnswerPlan plan_of(const fakes::EngineAnswer& answer) {
  AnswerPlan plan;
  plan.status = static_cast<std::uint16_t>(answer.status);
  plan.content_type = answer.content_type;
  for (const auto& step : answer.steps) plan.pieces.push_back(step.text);
  return plan;
}

std::string joined(const AnswerPlan& plan) {
  std::string all;
  for (const std::string& piece : plan.pieces) all += piece;
  return all;
}

ClientScene::ClientScene(Options options)
    : world(options.seed),
      receipts(world.sim),
      promised(world.sim),
      promises({.promises = promised,
                .metrics = metrics,
                .clock = world.clock(),
                .log = world.log.logger()}),
      kept({.answers = receipts,
            .documents = documents,
            .promises = promises,
            .log = world.log.logger()}),
      fleet([this](const ports::Endpoint& to) { return world.network.connect(to); },
            {.registry = world.registry,
             .chain = world.chain,
             .floors = floors,
             .random = world.random,
             .metrics = metrics,
             .clock = world.clock(),
             .log = world.log.logger()}),
      endpoint(Gate(std::move(options.gate)), options.endpoint,
               {.fleet = fleet,
                .registry = world.registry,
                .kept = kept,
                .random = world.random,
                .metrics = metrics,
                .clock = world.clock(),
                .log = world.log.logger()}),
      app(world.sim, endpoint),
      plan(plan_of(fakes::chat_stream({"Par", "is"}))) {}

StubWorker& ClientScene::new_worker(const std::string& name) {
  return add(*this, std::make_unique<StubWorker>(world, name));
}

StubWorker& ClientScene::new_worker_on(const tdxsim::Platform& machine) {
  return add(*this, std::make_unique<StubWorker>(world, machine));
}

ReadyScene::ReadyScene(Options options)
    : ClientScene(std::move(options)),
      worker(new_worker("worker")),
      proxy(world, "proxy", 11'000, {&worker}) {
  world.sim.run(fleet.refresh());
}

ports::HttpFields app_fields() {
  return {{"host", "127.0.0.1"}, {"content-type", "application/json"}};
}

Result<fakes::WholeAnswer> post(ClientScene& scene, std::string_view body, ports::HttpFields fields,
                                std::string path) {
  return scene.world.sim.run(fakes::exchange(scene.app, scene.world.clock(), "POST",
                                             std::move(path), std::move(fields), to_bytes(body)));
}

fakes::WholeAnswer get(ClientScene& scene, std::string path) {
  auto answer = scene.world.sim.run(fakes::exchange(scene.app, scene.world.clock(), "GET",
                                                    std::move(path), {{"host", "localhost"}}, {}));
  REQUIRE(answer.has_value());
  return std::move(*answer);
}

Result<ports::HttpResponse> open(ClientScene& scene, std::string_view body) {
  return scene.world.sim.run(scene.app.send({.method = "POST",
                                             .path = "/v1/chat/completions",
                                             .headers = app_fields(),
                                             .body = ports::body_of(to_bytes(body))},
                                            scene.world.clock().in(std::chrono::minutes(30))));
}

std::string error_code(std::string_view text) {
  const auto document = codec::parse_json(text);
  const codec::Json* const error = document ? document->find("error") : nullptr;
  const codec::Json* const code = error != nullptr ? error->find("code") : nullptr;
  const std::string* const value = code != nullptr ? code->as_string() : nullptr;
  return value != nullptr ? *value : std::string();
}

}  // namespace cocoon::client
