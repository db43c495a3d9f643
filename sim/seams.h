#pragma once

#include "ports/link.h"
#include "sim/ledger.h"
#include "tests/fakes/world/recorders.h"

namespace cocoon::sim {

// Between a worker and its connections: tells the ledger what it accepts and bills, and injects
// the defects that a worker could have.
class WatchedWorker final : public ports::HttpHandler {
 public:
  struct World {
    Ledger& ledger;
    async::Clock& clock;
    const crypto::Ed25519KeyPair& identity;
    Defect defect;
  };
  // `inner` twice: the second takes every other request where the defect is a worker without
  // memory.
  WatchedWorker(std::string boot, ports::HttpHandler& inner, ports::HttpHandler& other, World world)
      : boot_(std::move(boot)), inner_(inner), other_(other), world_(world) {}
  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

 private:
  class Body;
  class Writer;
  std::string boot_;
  ports::HttpHandler& inner_;
  ports::HttpHandler& other_;
  World world_;
  std::uint64_t requests_ = 0;
};

// A proxy's operator who is curious and mean. It sends some envelopes to their worker twice, and
// changes, cuts or withholds some answers.
enum class Manners : std::uint8_t { kHonest, kHostile };

class HostileLink final : public ports::WorkerLink {
 public:
  struct World {
    async::Executor executor;
    async::Clock& clock;
    fakes::SeededRandom& random;
    const Manners& manners;
  };
  HostileLink(std::shared_ptr<WorkerLink> inner, World world)
      : inner_(std::move(inner)), client_(inner_, world) {}
  [[nodiscard]] Task<void> wait_closed() override { return inner_->wait_closed(); }
  [[nodiscard]] Task<void> drain(ports::Deadline by) override { return inner_->drain(by); }
  void close() override { inner_->close(); }
  [[nodiscard]] ports::HttpClient& client() override { return client_; }
  [[nodiscard]] const crypto::Ed25519PublicKey& identity_key() const override {
    return inner_->identity_key();
  }

 private:
  class Client final : public ports::HttpClient {
   public:
    Client(std::shared_ptr<WorkerLink> inner, World world)
        : inner_(std::move(inner)), world_(world) {}
    [[nodiscard]] Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                         ports::Deadline head_by) override;

   private:
    std::shared_ptr<WorkerLink> inner_;
    World world_;
  };
  std::shared_ptr<WorkerLink> inner_;
  Client client_;
};

class HostileService final : public ports::HttpHandler {
 public:
  HostileService(ports::HttpHandler& inner, fakes::SeededRandom& random, const Manners& manners)
      : inner_(inner), random_(random), manners_(manners) {}
  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

 private:
  class Writer;
  ports::HttpHandler& inner_;
  fakes::SeededRandom& random_;
  const Manners& manners_;
};

// Between the client and its apps, for the defects that a client could have.
class DefectiveEndpoint final : public ports::HttpHandler {
 public:
  DefectiveEndpoint(ports::HttpHandler& inner, async::Clock& clock, Defect defect)
      : inner_(inner), clock_(clock), defect_(defect) {}
  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

 private:
  class Writer;
  ports::HttpHandler& inner_;
  async::Clock& clock_;
  Defect defect_;
};

// Keeps, where that is the defect, the first receipt under every id.
class DefectiveStore final : public ports::ReceiptStore {
 public:
  DefectiveStore(ReceiptStore& inner, Defect defect) : inner_(inner), defect_(defect) {}
  [[nodiscard]] Task<Status> put(RequestId id, Bytes receipt) override;
  [[nodiscard]] Task<Result<std::optional<Bytes>>> get(RequestId id) override {
    return inner_.get(id);
  }
  [[nodiscard]] Task<Result<std::vector<RequestId>>> newest(std::size_t count) override {
    return inner_.newest(count);
  }

 private:
  ReceiptStore& inner_;
  Defect defect_;
  Bytes first_;
};

}  // namespace cocoon::sim
