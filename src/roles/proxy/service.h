#pragma once

#include "roles/proxy/relay.h"

namespace cocoon::proxy {

// What a proxy serves to clients: directory, evidence, collateral, relay, bills, and the
// log, which is public and served as the immutable files that most of it is.
class Service final : public ports::HttpHandler {
 public:
  Service(WorkerPool& pool, BillBook& bills, ports::ReceiptLog& log, Relay& relay)
      : pool_(pool), bills_(bills), log_(log), relay_(relay) {}

  [[nodiscard]] Task<void> handle(ports::HttpRequest request,
                                  ports::ResponseWriter& response) override;

 private:
  [[nodiscard]] Task<void> show_log(std::string_view path, ports::ResponseWriter& response);

  WorkerPool& pool_;
  BillBook& bills_;
  ports::ReceiptLog& log_;
  Relay& relay_;
};

}  // namespace cocoon::proxy
