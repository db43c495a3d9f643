#include "tests/fakes/world/network.h"

#include "async/race.h"

namespace cocoon::fakes {

using ports::HttpError;

Task<void> MemoryWorkerLink::drain(ports::Deadline by) {
  http_.refuse_new();
  const auto idle = [](MemoryHttp& http) -> Task<Status> {
    co_await http.wait_idle();
    co_return Status();
  };
  (void)co_await async::with_deadline(clock_, by, idle(http_));
  http_.cut();
}

// Connects anew for the first request after its connection broke.
class MemoryNetwork::Forward final : public ports::HttpClient {
 public:
  Forward(MemoryNetwork& network, ports::Endpoint to) : network_(network), to_(std::move(to)) {}

  [[nodiscard]] Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                       ports::Deadline head_by) override {
    Place* const place = network_.find(to_);
    if (place == nullptr || place->plug == Place::Plug::kOut || place->key != to_.key) {
      co_await async::yield_now();
      co_return fail(HttpError::kUnreachable, "nobody answers there");
    }
    if (!http_ || !http_->is_up()) {
      http_ = std::make_shared<MemoryHttp>(network_.simulation_, *place->serve, network_.settings_);
      place->clients.push_back(http_);
      network_.connections_.push_back(http_);
    }
    const std::shared_ptr<MemoryHttp> http = http_;
    co_return co_await http->send(std::move(request), head_by);
  }

 private:
  MemoryNetwork& network_;
  ports::Endpoint to_;
  std::shared_ptr<MemoryHttp> http_;
};

void MemoryNetwork::listen(const ports::Endpoint& at, ports::HttpHandler& serve, Accept accept) {
  auto place = std::make_shared<Place>();
  place->serve = &serve;
  place->accept = std::move(accept);
  place->key = at.key;
  places_.insert_or_assign(Address(at.host, at.port), std::move(place));
}

MemoryNetwork::Place* MemoryNetwork::find(const ports::Endpoint& at) {
  const auto found = places_.find(Address(at.host, at.port));
  return found == places_.end() ? nullptr : found->second.get();
}

void MemoryNetwork::unplug(const ports::Endpoint& at) {
  Place* const place = find(at);
  if (place == nullptr) return;
  place->plug = Place::Plug::kOut;
  for (const auto& http : std::exchange(place->clients, {})) http->cut();
  for (const auto& link : std::exchange(place->workers, {})) link->close();
}

void MemoryNetwork::plug_in(const ports::Endpoint& at) {
  if (Place* const place = find(at)) place->plug = Place::Plug::kIn;
}

void MemoryNetwork::refuse_streams(const ports::Endpoint& at) {
  if (Place* const place = find(at)) {
    for (const auto& http : place->clients) http->refuse_new();
  }
}

std::unique_ptr<ports::HttpClient> MemoryNetwork::connect(const ports::Endpoint& to) {
  return std::make_unique<Forward>(*this, to);
}

Result<std::shared_ptr<MemoryWorkerLink>> MemoryNetwork::dial(
    const ports::Endpoint& to, ports::HttpHandler& serve,
    const crypto::Ed25519PublicKey& identity_key) {
  ++dials_;
  Place* const place = find(to);
  if (place == nullptr || place->plug == Place::Plug::kOut || place->key != to.key ||
      !place->accept) {
    return fail(HttpError::kUnreachable, "nobody answers there");
  }
  auto link = std::make_shared<MemoryWorkerLink>(simulation_, serve, identity_key, settings_);
  place->workers.push_back(link);
  worker_links_.push_back(link);
  place->accept(link);
  return link;
}

Bytes MemoryNetwork::seen() const {
  Bytes all;
  for (const auto& http : connections_) append(all, http->seen());
  for (const auto& link : worker_links_) append(all, link->http().seen());
  return all;
}

Task<Result<std::shared_ptr<ports::Link>>> MemoryDialer::dial(ports::Endpoint proxy,
                                                              ports::HttpHandler& serve,
                                                              ports::Deadline) {
  co_await async::yield_now();
  CO_TRY(std::shared_ptr<MemoryWorkerLink> link, network_.dial(proxy, serve, identity_key_));
  co_return std::shared_ptr<ports::Link>(std::move(link));
}

}  // namespace cocoon::fakes
