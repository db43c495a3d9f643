#include "roles/worker/worker_scene_test.h"

#include <doctest/doctest.h>

#include "base/check.h"
#include "codec/base64.h"
#include "openai/commit.h"
#include "openai/stream_meter.h"
#include "sealed/open_response/open_response.h"
#include "wire/protocol.h"

namespace cocoon::worker {
namespace {

AnswerSettings with_model(AnswerSettings settings, const ModelHash& model) {
  settings.model_hash = model;
  return settings;
}

BootFacts facts_of(const fakes::World& world) {
  return {.network = kDevnetNetworkId,
          .model_name = fakes::World::kModelName,
          .model_hash = world.model,
          .configuration = fakes::worker_configuration(fakes::World::kModelName),
          .owner_address = {},
          .slot_id = {}};
}

void read_frames(Heard& heard, const std::vector<sealed::Frame>& frames,
                 const crypto::Ed25519PublicKey& identity) {
  for (const sealed::Frame& frame : frames) {
    const BytesView data = frame.data.expose();
    switch (frame.kind) {
      case sealed::FrameKind::kHead: {
        auto head = sealed::ResponseHead::decode(data);
        REQUIRE(head.has_value());
        heard.head = *head;
        break;
      }
      case sealed::FrameKind::kData:
        heard.data += as_text(data);
        ++heard.data_frames;
        break;
      case sealed::FrameKind::kError: {
        auto failure = sealed::ResponseFailure::decode(data);
        REQUIRE(failure.has_value());
        heard.failure = *failure;
        break;
      }
      case sealed::FrameKind::kReceipt: {
        auto receipt = provenance::verify_receipt(data, identity);
        REQUIRE(receipt.has_value());
        heard.receipt = *receipt;
        heard.signed_receipt = to_bytes(data);
        break;
      }
      case sealed::FrameKind::kTicket:
      case sealed::FrameKind::kPad:
      case sealed::FrameKind::kEnd:
        FAIL("a frame that no worker sends");
    }
  }
}

}  // namespace

WorkerScene::WorkerScene(const Options& options)
    : quotes(world.sim, world.new_platform("machine")),
      collateral(quotes.platform().collateral()),
      engine(world.sim),
      keyring(facts_of(world),
              {.registry = world.registry,
               .chain = world.chain,
               .quotes = quotes,
               .random = world.random,
               .clock = world.clock(),
               .log = world.log.logger()},
              [this](std::uint32_t epoch) {
                wiped.push_back(epoch);
                service.forget_epoch(epoch);
              }),
      service(world.sim.executor(), with_model(options.answers, world.model), options.limits,
              {.keyring = keyring,
               .registry = world.registry,
               .engine = engine,
               .collateral = collateral,
               .random = world.random,
               .metrics = metrics,
               .clock = world.clock(),
               .log = world.log.logger()}),
      http(world.sim, service, options.http) {
  if (options.keys == Options::Keys::kMade)
    COCOON_CHECK(world.sim.run(keyring.rotate()).has_value());
}

Question seal(WorkerScene& scene, Asking asking) {
  fakes::SeededRandom& random = scene.world.random;
  if (!asking.key) asking.key = scene.keyring.newest();
  sealed::RequestEntropy entropy;
  random.fill(entropy.cek.expose_mutable());
  random.fill(entropy.ephemeral_keys.emplace_back().expose_mutable());
  const RequestId id = asking.request_id.value_or(RequestId(random.array<16>()));
  const std::int64_t now = scene.keyring.now().value();
  const sealed::RequestTerms terms{
      .request_id = id,
      .expires = UnixSeconds(static_cast<std::uint32_t>(now + asking.expires_in_s)),
      .max_output_tokens = asking.max_output_tokens,
      .max_price = {},
      .model_hash = asking.model.value_or(scene.world.model)};
  const sealed::RequestPlaintext plaintext{.method = "POST",
                                           .path = asking.path,
                                           .body = SecretBytes(to_bytes(asking.body)),
                                           .parents = asking.parents};
  auto request = sealed::seal_request(
      terms, plaintext,
      {{.kid = asking.key->kid, .public_key = asking.key->hpke.public_key(), .terms_hash = {}}},
      std::move(entropy));
  COCOON_CHECK(request.has_value());
  // With one candidate, what the client sends is what the worker gets.
  return {.envelope = std::move(request->envelope),
          .secret = std::move(request->secrets.front()),
          .request_id = id,
          .asking = std::move(asking)};
}

Task<Heard> post(WorkerScene& scene, Question question, ports::HttpFields headers) {
  headers.push_back({"content-type", std::string(wire::kMediaInfer)});
  auto answer = co_await fakes::exchange(scene.http, scene.world.clock(), "POST",
                                         std::string(wire::kPathInfer), std::move(headers),
                                         std::move(question.envelope));
  Heard heard;
  if (!answer) co_return heard;
  heard.status = answer->status;
  heard.headers = answer->headers;
  if (heard.status != 200) {
    heard.refusal = std::string(answer->text());
    co_return heard;
  }
  std::vector<sealed::ResponseSecret> secrets;
  secrets.push_back(std::move(question.secret));
  sealed::ResponseOpener opener(std::move(secrets));
  auto frames = opener.feed(answer->body);
  CHECK(frames.has_value());
  const crypto::Ed25519PublicKey& identity = scene.keyring.identity().public_key();
  if (frames) read_frames(heard, *frames, identity);
  if (opener.finish()) heard.ending = Heard::Ending::kWhole;
  const auto bill = codec::from_base64(ports::find_field(answer->trailers, wire::kTrailerBill));
  if (bill) {
    auto verified = provenance::verify_bill(*bill, identity);
    if (verified) heard.bill = *verified;
  }
  co_return heard;
}

Heard ask(WorkerScene& scene, Asking asking) {
  return scene.world.sim.run(post(scene, seal(scene, std::move(asking))));
}

Expected expected_of(const Question& question, const Heard& heard) {
  const auto salts = provenance::SaltRoot::of(question.secret.secret);
  const auto endpoint = openai::find_endpoint("POST", question.asking.path);
  const auto asked = openai::commit_request(endpoint.value_or(openai::Endpoint::kChatCompletions),
                                            as_bytes(question.asking.body), salts);
  provenance::OutputCommitter committer(salts.output());
  Status committed;
  if (heard.head && heard.head->status == 200 &&
      heard.head->content_type.starts_with("text/event-stream")) {
    openai::StreamMeter meter(*endpoint, openai::UsageChunk::kForward,
                              [&](const openai::Segment& segment) {
                                if (committed) committed = openai::commit(committer, segment);
                              });
    CHECK(meter.feed(as_bytes(heard.data)).has_value());
    (void)meter.finish();
  } else if (heard.head) {
    const auto whole = openai::commit_whole(endpoint.value_or(openai::Endpoint::kChatCompletions),
                                            heard.head->status, as_bytes(heard.data), committer);
    CHECK(whole.has_value());
  }
  CHECK(committed.has_value());
  auto tree = std::move(committer).finish();
  REQUIRE(tree.has_value());
  return {.prompt = asked.prompt, .params = asked.params, .output = tree->commitment()};
}

}  // namespace cocoon::worker
