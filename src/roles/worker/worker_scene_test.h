#pragma once

#include "openai/endpoint.h"
#include "provenance/bill.h"
#include "provenance/receipt.h"
#include "roles/worker/service.h"
#include "sealed/seal_request/seal_request.h"
#include "tests/fakes/world/fake_engine.h"
#include "tests/fakes/world/world.h"

namespace cocoon::worker {

// A worker alone with an engine, and a client that knows its keys.
struct WorkerScene {
  struct Options {
    ServiceLimits limits = {};
    AnswerSettings answers = {};
    fakes::MemoryHttpSettings http = {};
    enum class Keys : std::uint8_t { kMade, kNone } keys = Keys::kMade;
  };
  WorkerScene() : WorkerScene(Options{}) {}
  explicit WorkerScene(const Options& options);
  ~WorkerScene() { world.sim.end(); }

  fakes::World world;
  fakes::CountingMetrics metrics;
  fakes::FakeQuoteSource quotes;
  fakes::FakeCollateralSource collateral;
  fakes::FakeEngine engine;
  std::vector<std::uint32_t> wiped;
  Keyring keyring;
  Service service;
  fakes::MemoryHttp http;
};

inline constexpr std::string_view kChat =
    R"({"model":"test-model","messages":[{"role":"user","content":"capital of France?"}],"stream":true,"temperature":0})";
inline constexpr std::string_view kChatWhole =
    R"({"model":"test-model","messages":[{"role":"user","content":"capital of France?"}],"temperature":0})";

// What the client asks; what is not set is in order.
struct Asking {
  std::string body = std::string(kChat);
  std::string path = "/v1/chat/completions";
  std::vector<ReceiptHash> parents = {};
  std::optional<RequestId> request_id = {};
  std::optional<ModelHash> model = {};
  std::int64_t expires_in_s = 120;
  std::uint32_t max_output_tokens = 100;
  std::shared_ptr<const EpochKey> key = nullptr;  // the newest
};
struct Question {
  Bytes envelope;  // as a worker gets it
  sealed::ResponseSecret secret;
  RequestId request_id;
  Asking asking;
};
[[nodiscard]] Question seal(WorkerScene& scene, Asking asking = {});

// What came back.
struct Heard {
  int status = 0;
  ports::HttpFields headers;
  std::string refusal;  // text of an answer that is not sealed
  std::optional<sealed::ResponseHead> head;
  std::string data;
  std::size_t data_frames = 0;
  std::optional<sealed::ResponseFailure> failure;
  std::optional<provenance::Receipt> receipt;  // verified
  Bytes signed_receipt;
  std::optional<provenance::Bill> bill;  // verified
  enum class Ending : std::uint8_t { kNone, kWhole } ending = Ending::kNone;
};
[[nodiscard]] Task<Heard> post(WorkerScene& scene, Question question,
                               ports::HttpFields headers = {});
[[nodiscard]] Heard ask(WorkerScene& scene, Asking asking = {});

// The commitments that a client computes over what it asked and received.
struct Expected {
  provenance::PromptCommitment prompt;
  provenance::ParamsCommitment params;
  provenance::OutputCommitment output;
};
[[nodiscard]] Expected expected_of(const Question& question, const Heard& heard);

}  // namespace cocoon::worker
