#pragma once

#include "attest/evidence.h"
#include "tests/fakes/world/world.h"
#include "wire/directory.h"

namespace cocoon::fakes {

// Stands for a worker where a test is about those who deal with workers: genuine keys and evidence,
// and for the rest it says and does what the test wants. Serves GET /v1/load, GET
// /v1/evidence/{kid}, GET /v1/collateral/{digest} and POST /v1/infer.
class StubWorker final : public ports::HttpHandler {
 public:
  using Infer = std::function<Task<void>(StubWorker&, ports::HttpRequest, ports::ResponseWriter&)>;

  // On a machine of its own, or on a given one.
  StubWorker(World& world, const std::string& name);
  StubWorker(World& world, const tdxsim::Platform& platform);

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

  // New evidence over the statement as it is now, under a kid of its own, which is the only one
  // reported from now on.
  void make_evidence(const tdxsim::QuoteOptions& options = {},
                     const tdxsim::Measurements& measurements = tdxsim::default_measurements());
  // Hands out this collateral and reports it.
  void publish(std::string_view json);
  [[nodiscard]] const Kid& kid() const { return kid_; }
  [[nodiscard]] std::shared_ptr<MemoryWorkerLink> new_link() {
    return std::make_shared<MemoryWorkerLink>(world.sim, *this, identity.public_key());
  }

  World& world;
  tdxsim::Platform const* platform;
  crypto::Ed25519KeyPair identity;
  crypto::X25519KeyPair hpke;
  attest::Statement statement;
  Bytes configuration;
  std::map<Kid, Bytes> evidence;  // what it hands out
  wire::LoadReport load;          // what it reports
  std::string collateral;         // what it hands out; see publish()
  enum class Mood : std::uint8_t {
    kAnswers,
    kSilent
  } mood = Mood::kAnswers;  // of its load reports
  Infer infer;              // answers 200 with kAnswer if empty
  std::size_t infers = 0;
  std::size_t polls = 0;

  static constexpr std::string_view kAnswer = "sealed answer of a stub";

 private:
  StubWorker(World& world, std::unique_ptr<tdxsim::Platform> own);

  std::unique_ptr<tdxsim::Platform> own_platform_;
  Kid kid_;
};

// An infer function that refuses.
[[nodiscard]] StubWorker::Infer refusing(int status, std::string text = "refused by a stub");
// One that gives these pieces, the pause before each, and then ends well, with a bill if there is
// one.
[[nodiscard]] StubWorker::Infer giving(std::vector<std::string> pieces,
                                       Duration pause = Duration::zero(), std::string bill = {});

}  // namespace cocoon::fakes
