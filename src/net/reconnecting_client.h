#pragma once

#include <functional>
#include <memory>

#include "net/dialer.h"

namespace cocoon::net {

struct ReconnectOptions {
  Endpoint to;
  crypto::Ed25519PublicKey expected_proxy_key;
  Http2Limits limits{};
  async::Duration dial_timeout = std::chrono::seconds(10);
  async::Duration backoff_min = std::chrono::milliseconds(200);
  async::Duration backoff_max =
      std::chrono::seconds(15);  // reached by doubling, each wait jittered by half
  // How long a request waits for the dial after a loss, within its own deadline.
  async::Duration redial_wait_max = std::chrono::seconds(1);
};

// Keeps one forward connection to a proxy, dialling again whenever it is lost or drained. At first
// and after a loss send() waits for the dial that follows; once that has failed the proxy is down,
// and until it is there again send() fails at once with kUnreachable and the reason, so that
// whoever knows another proxy asks that one.
class ReconnectingClient final : public ports::HttpClient {
 public:
  // Called on every change; the error says why it is down.
  using OnChange = std::function<void(bool up, const Error* why)>;

  ReconnectingClient(const async::Executor& executor, std::shared_ptr<Dialer> dialer,
                     ReconnectOptions options, OnChange on_change = {});
  ~ReconnectingClient() override;  // closes the connection

  [[nodiscard]] bool is_up() const;
  // Returns true as soon as there is a connection, false at the deadline.
  [[nodiscard]] async::Task<bool> wait_up(async::Deadline deadline);
  [[nodiscard]] async::Task<Result<ports::HttpResponse>> send(ports::HttpRequest request,
                                                              async::Deadline head_by) override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cocoon::net
