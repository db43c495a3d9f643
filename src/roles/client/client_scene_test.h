#pragma once

#include "codec/json.h"
#include "roles/client/endpoint.h"
#include "sealed/schedule/plaintext.h"
#include "tests/fakes/world/fake_engine.h"
#include "tests/fakes/world/stub_proxy.h"

namespace cocoon::client {

// What a worker that can seal makes of a request; bent where a test wants it bent.
struct AnswerPlan {
  std::uint16_t status = 200;
  std::string content_type = "text/event-stream";
  std::vector<std::string> pieces = {};       // a data frame each
  fakes::Duration pause{0};                   // before each
  std::optional<std::string> committed = {};  // what the receipt speaks of, if not of the pieces
  std::function<void(provenance::Receipt&)> bend = {};
  const crypto::Ed25519KeyPair* signer = nullptr;  // the worker itself
  std::optional<sealed::ResponseFailure> failure = {};
  enum class Receipts : std::uint8_t { kOne, kNone, kTwo, kBeforeData } receipts = Receipts::kOne;
  enum class Ending : std::uint8_t {
    kWhole,
    kWithoutEndFrame,
    kReset,
    kHangs
  } ending = Ending::kWhole;
  std::function<void(Bytes&)> tamper = {};  // each write, sealed
};
[[nodiscard]] AnswerPlan plan_of(const fakes::EngineAnswer& answer);

// A client alone, between an app in front of it and stub proxies and workers behind.
struct ClientScene {
  struct Options {
    GateSettings gate = {};
    EndpointSettings endpoint = {};
    std::uint64_t seed = 1;
  };
  ClientScene() : ClientScene(Options{}) {}
  explicit ClientScene(Options options);
  ~ClientScene() { world.sim.end(); }

  // A worker's question as it was sealed.
  struct Asked {
    sealed::RequestHeader header;
    std::string path;
    std::string body;
    const fakes::StubWorker* worker;
  };
  fakes::StubWorker& new_worker(const std::string& name);
  fakes::StubWorker& new_worker_on(const tdxsim::Platform& machine);
  // Workers answer by this plan from now on.
  void answer_with(AnswerPlan next) { plan = std::move(next); }

  fakes::World world;
  fakes::CountingMetrics metrics;
  fakes::MemoryFloorStore floors;
  fakes::MemoryReceiptStore receipts;
  fakes::MemoryReceiptStore promised;
  fakes::MemoryDocumentStore documents;
  Promises promises;
  Keepsakes kept;
  Fleet fleet;
  Endpoint endpoint;
  fakes::MemoryHttp app;
  std::vector<std::unique_ptr<fakes::StubWorker>> workers;
  AnswerPlan plan;
  std::vector<Asked> asked;
};

// A client with one proxy and one worker, looked at already.
struct ReadyScene : ClientScene {
  explicit ReadyScene(Options options = {});
  fakes::StubWorker& worker;
  fakes::StubProxy proxy;
};

inline constexpr std::string_view kChat =
    R"({"model":"test-model","messages":[{"role":"user","content":"capital of France?"}],"stream":true})";
inline constexpr std::string_view kChatWhole =
    R"({"model":"test-model","messages":[{"role":"user","content":"capital of France?"}]})";

[[nodiscard]] ports::HttpFields app_fields();
[[nodiscard]] Result<fakes::WholeAnswer> post(ClientScene& scene, std::string_view body,
                                              ports::HttpFields fields = app_fields(),
                                              std::string path = "/v1/chat/completions");
[[nodiscard]] fakes::WholeAnswer get(ClientScene& scene, std::string path);
// The open answer, for tests that read it piece by piece.
[[nodiscard]] Result<ports::HttpResponse> open(ClientScene& scene, std::string_view body);
// The `code` of the OpenAI error object that this is; empty if it is none.
[[nodiscard]] std::string error_code(std::string_view text);
[[nodiscard]] std::string joined(const AnswerPlan& plan);

}  // namespace cocoon::client
