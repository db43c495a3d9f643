#include "net/dialer.h"

#include "net/hello_exchange.h"
#include "net/http2_session.h"
#include "net/tls.h"
#include "wire/protocol.h"

namespace cocoon::net {

using async::Task;

struct Dialer::State {
  State(async::Executor e, std::unique_ptr<TlsClient> t)
      : executor(std::move(e)), tls(std::move(t)) {}
  async::Executor executor;
  std::unique_ptr<TlsClient> tls;
};

Dialer::Dialer(std::shared_ptr<State> state) : state_(std::move(state)) {}
Dialer::~Dialer() = default;

Result<std::shared_ptr<Dialer>> Dialer::create(async::Executor executor) {
  TRY(auto tls, TlsClient::create(executor));
  return std::shared_ptr<Dialer>(
      new Dialer(std::make_shared<State>(std::move(executor), std::move(tls))));
}

namespace {

Task<Result<wire::Hello>> expect_proxy(std::shared_ptr<TlsChannel> channel,
                                       crypto::Ed25519PublicKey expected) {
  CO_TRY(const wire::Hello hello, co_await receive_hello(channel, attest::Role::kProxy));
  if (hello.identity_key != expected)
    co_return fail(NetError::kBadPeer, "the peer is not the expected proxy");
  co_return hello;
}

std::unexpected<Error> after_deadline(const CloseAtDeadline& guard, const Error& error) {
  if (guard.expired())
    return fail(async::AsyncError::kTimeout, "the peer did not say hello in time");
  return std::unexpected(error);
}

}  // namespace

Task<Result<std::shared_ptr<ForwardConnection>>> Dialer::dial_forward(
    Endpoint to, crypto::Ed25519PublicKey expected_proxy_key, Http2Limits limits,
    async::Deadline deadline) {
  const auto state = state_;
  CO_TRY(const auto channel,
         co_await state->tls->connect(std::move(to), std::string(wire::kAlpnForward), deadline));
  const CloseAtDeadline guard(state->executor, channel, deadline);
  const auto hello = co_await expect_proxy(channel, expected_proxy_key);
  if (!hello) co_return after_deadline(guard, hello.error());
  CO_TRY(auto session,
         Http2Session::start(state->executor, channel, SessionEnd::kAsks, nullptr, limits));
  co_return std::make_shared<ForwardConnection>(std::move(session), *hello);
}

Task<Result<std::shared_ptr<Connection>>> Dialer::dial_reverse(
    Endpoint to, crypto::Ed25519PublicKey expected_proxy_key, DialIdentity identity,
    ports::HttpHandler& handler, Http2Limits limits, async::Deadline deadline) {
  const auto state = state_;
  ports::HttpHandler* const serves = &handler;
  CO_TRY(const auto channel,
         co_await state->tls->connect(std::move(to), std::string(wire::kAlpnReverse), deadline));
  const CloseAtDeadline guard(state->executor, channel, deadline);
  const Status sent = co_await send_hello(channel, identity.role, identity.kid, identity.key);
  if (!sent) co_return after_deadline(guard, sent.error());
  const auto hello = co_await expect_proxy(channel, expected_proxy_key);
  if (!hello) co_return after_deadline(guard, hello.error());
  CO_TRY(auto session,
         Http2Session::start(state->executor, channel, SessionEnd::kServes, serves, limits));
  co_return std::make_shared<Connection>(std::move(session), *hello);
}

}  // namespace cocoon::net
