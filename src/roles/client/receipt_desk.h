#pragma once

#include "openai/api_error.h"
#include "ports/metrics.h"
#include "roles/client/keepsakes.h"

namespace cocoon::client {

// The local endpoint's receipts:
//   GET /v1/receipts?limit=N       the answers kept last
//   GET /v1/receipts/ID            the signed receipt
//   GET /v1/receipts/ID/proof      the proxy's promise that it is logged, a tlog-proof
//   GET /v1/receipts/ID/bundle?show=nothing|answer|everything
class ReceiptDesk {
 public:
  struct World {
    Keepsakes& kept;
    ports::Metrics& metrics;
    const Logger& log;
  };
  explicit ReceiptDesk(World world) : world_(world) {}

  [[nodiscard]] static bool serves(std::string_view path);
  // A GET of such a path, query included.
  [[nodiscard]] Task<void> answer(std::string target, ports::ResponseWriter& response);

  struct Parents {
    std::vector<ReceiptHash> receipts;
    std::vector<RequestId> own;  // those of them that this client keeps, in the same order
  };
  // Earlier answers as an app names them: ids of this client's receipts, or SHA-256 of any others,
  // in hexadecimal, between commas. Refused if there are too many, one is named twice, or an id is
  // of no receipt that is kept.
  [[nodiscard]] Task<openai::ApiResult<Parents>> parents_named(std::string list);

 private:
  [[nodiscard]] Task<openai::ApiResult<void>> list(std::string_view query,
                                                   ports::ResponseWriter& response);
  [[nodiscard]] Task<openai::ApiResult<void>> show(RequestId id, std::string_view what,
                                                   std::string_view query,
                                                   ports::ResponseWriter& response);
  [[nodiscard]] openai::ApiError unreadable(const Error& why) const;

  World world_;
};

}  // namespace cocoon::client
