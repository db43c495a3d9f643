#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "openai/api_error.h"
#include "ports/http.h"

namespace cocoon::client {

struct GateSettings {
  std::vector<SecretBytes> api_keys;         // empty: no key is asked for
  std::vector<std::string> allowed_hosts;    // Host header values; empty: the loopback names
  std::vector<std::string> allowed_origins;  // of web pages that may use the endpoint; empty: none
  std::uint16_t port = 0;                    // the endpoint's own
};

// Who may use the local endpoint. A web page that was not invited may not: its Origin or, where a
// browser sends none, Sec-Fetch-Site gives it away, and a Host header of another name means DNS
// rebinding. Nor may anyone without a key where keys are configured.
class Gate {
 public:
  explicit Gate(GateSettings settings) : settings_(std::move(settings)) {}

  // Nothing if the request may pass.
  [[nodiscard]] std::optional<openai::ApiError> refuse(const ports::HttpRequest& request) const;
  // The Origin of an invited page, if the request is one's.
  [[nodiscard]] std::optional<std::string> invited_origin(const ports::HttpRequest& request) const;
  // The port that was bound, where the configuration left the choice to the system.
  void listens_on(std::uint16_t port) { settings_.port = port; }

 private:
  [[nodiscard]] bool is_own_host(std::string_view host) const;
  [[nodiscard]] bool is_uninvited_page(const ports::HttpFields& headers) const;
  [[nodiscard]] bool is_known_key(std::string_view key) const;

  GateSettings settings_;
};

}  // namespace cocoon::client
