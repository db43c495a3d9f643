#pragma once

#include "roles/proxy/relay.h"

namespace cocoon::proxy {

// What a proxy serves to clients: directory, evidence, collateral, relay, bills.
class Service final : public ports::HttpHandler {
 public:
  Service(WorkerPool& pool, BillBook& bills, Relay& relay)
      : pool_(pool), bills_(bills), relay_(relay) {}

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

 private:
  WorkerPool& pool_;
  BillBook& bills_;
  Relay& relay_;
};

}  // namespace cocoon::proxy
