#pragma once

#include <string>

#include "ports/http.h"

namespace cocoon::client {

// The CORS protocol (Fetch standard, section "HTTP extensions") towards web pages that the
// configuration invites.

// Whether a browser asks if it may send what follows. It sends no credentials with this question.
[[nodiscard]] bool is_preflight(const ports::HttpRequest& request);
// What the answer to a preflight allows, whoever may read it: both methods of the endpoint and the
// header fields that were asked for.
[[nodiscard]] ports::HttpFields preflight_fields(const ports::HttpRequest& request);

// Lets pages of `origin` read the answer that is written through it. `to` outlives it.
class ReadableByPage final : public ports::ResponseWriter {
 public:
  ReadableByPage(ports::ResponseWriter& to, std::string origin)
      : to_(to), origin_(std::move(origin)) {}

  [[nodiscard]] Status head(int status, ports::HttpFields headers) override;
  [[nodiscard]] ports::Task<Status> write(Bytes chunk) override {
    return to_.write(std::move(chunk));
  }
  [[nodiscard]] ports::Task<Status> finish(ports::HttpFields trailers) override {
    return to_.finish(std::move(trailers));
  }
  void abort() override { to_.abort(); }
  [[nodiscard]] ports::Task<void> wait_closed() override { return to_.wait_closed(); }

 private:
  ports::ResponseWriter& to_;
  std::string origin_;
};

}  // namespace cocoon::client
