#pragma once

#include "sealed/format/envelope.h"
#include "tests/fakes/world/stub_worker.h"

namespace cocoon::fakes {

// Stands for a proxy where a test is about clients: lists stub workers, hands out their evidence,
// and passes each request to the first of its candidates that it has, unless the test wants
// something else. Listens where the registry says.
class StubProxy final : public ports::HttpHandler {
 public:
  using Relay = std::function<Task<void>(StubProxy&, ports::HttpRequest, ports::ResponseWriter&)>;

  StubProxy(World& world, const std::string& name, std::uint16_t port,
            std::vector<StubWorker*> workers);

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

  World& world;
  ports::Endpoint place;
  std::vector<StubWorker*> workers;
  Relay relay;  // passes on if empty
  std::size_t relays = 0;
  std::size_t evidence_asked = 0;
  std::vector<sealed::EnvelopeHead> heads;  // of the requests that came

 private:
  [[nodiscard]] Task<void> pass_on(ports::HttpRequest request, ports::ResponseWriter& response);
};

}  // namespace cocoon::fakes
