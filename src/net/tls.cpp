#include "net/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "crypto/hash.h"
#include "net/peer_network.h"
#include "net/tcp_listen.h"
#include "net/tls_context.h"
#include "ports/http.h"

namespace cocoon::net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string text_of(const tcp::endpoint& endpoint) {
  return Endpoint{.host = endpoint.address().to_string(), .port = endpoint.port()}.text();
}

void set_options(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
}

}  // namespace

struct TlsChannel::State {
  State(tcp::socket socket, ssl::context& context) : stream(std::move(socket), context) {
    error_code error;
    const auto endpoint = stream.next_layer().remote_endpoint(error);
    remote = error ? "unknown" : text_of(endpoint);
    network = error ? "unknown" : network_of(endpoint.address());
    set_options(stream.next_layer());
  }
  ssl::stream<tcp::socket> stream;
  std::string remote;
  std::string network;
  error_code write_error;                                 // of the first write that failed
  std::shared_ptr<const std::vector<std::string>> alpns;  // what the server's ALPN callback reads
};

TlsChannel::TlsChannel(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsChannel::~TlsChannel() = default;

async::Task<Status> TlsChannel::handshake() {
  error_code error;
  co_await state_->stream.async_handshake(ssl::stream_base::server, into(error));
  if (error) co_return fail(NetError::kTls, "TLS handshake failed");
  co_return Status{};
}

async::Task<Result<std::size_t>> TlsChannel::read_some(MutableBytesView bytes) {
  error_code error;
  const std::size_t length = co_await state_->stream.async_read_some(
      asio::buffer(bytes.data(), bytes.size()), into(error));
  if (length > 0) co_return length;
  if (!error || error == asio::error::eof) co_return std::size_t{0};
  co_return fail(ports::HttpError::kBroken, "connection lost");
}

async::Task<Status> TlsChannel::read_exact(MutableBytesView bytes) {
  error_code error;
  co_await asio::async_read(state_->stream, asio::buffer(bytes.data(), bytes.size()), into(error));
  if (error) co_return fail(ports::HttpError::kBroken, "connection lost");
  co_return Status{};
}

async::Task<Status> TlsChannel::write(BytesView bytes) {
  // Asio's TLS stream would wait for ever in a write after one that failed.
  error_code error = state_->write_error;
  if (!error)
    co_await asio::async_write(state_->stream, asio::buffer(bytes.data(), bytes.size()),
                               into(error));
  state_->write_error = error;
  if (error) co_return fail(ports::HttpError::kBroken, "connection lost");
  co_return Status{};
}

void TlsChannel::shutdown_write() {
  error_code ignored;
  state_->stream.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
}

void TlsChannel::close() {
  error_code ignored;
  state_->stream.next_layer().close(ignored);
}

std::string TlsChannel::alpn() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(state_->stream.native_handle(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

Result<wire::ChannelBinding> TlsChannel::binding() const {
  SSL* const raw = state_->stream.native_handle();
  constexpr std::string_view kLabel = "EXPORTER-cocoon-1";
  wire::ChannelBinding binding;
  if (SSL_export_keying_material(raw, reinterpret_cast<unsigned char*>(binding.exporter.data()),
                                 binding.exporter.size(), kLabel.data(), kLabel.size(), nullptr, 0,
                                 0) != 1) {
    return fail(NetError::kTls, "no keying material: " + take_openssl_error());
  }
  EVP_PKEY* key = nullptr;
  if (SSL_is_server(raw) == 1) {
    key = SSL_get_privatekey(raw);
  } else if (X509* const certificate = SSL_get0_peer_certificate(raw)) {
    key = X509_get0_pubkey(certificate);
  }
  unsigned char* encoded = nullptr;
  const int length = key == nullptr ? -1 : i2d_PUBKEY(key, &encoded);
  if (length <= 0) return fail(NetError::kTls, "the server has no public key");
  binding.server_spki_hash =
      crypto::sha256(std::as_bytes(std::span(encoded, static_cast<std::size_t>(length))));
  OPENSSL_free(encoded);
  return binding;
}

const std::string& TlsChannel::remote() const { return state_->remote; }
const std::string& TlsChannel::network() const { return state_->network; }

struct CloseAtDeadline::State {
  explicit State(const async::Executor& executor) : timer(executor) {}
  asio::steady_timer timer;
  bool expired = false;
};

CloseAtDeadline::CloseAtDeadline(const async::Executor& executor,
                                 std::shared_ptr<TlsChannel> channel, async::Deadline deadline)
    : state_(std::make_shared<State>(executor)) {
  state_->timer.expires_at(deadline);
  state_->timer.async_wait(
      [weak = std::weak_ptr(state_), channel = std::move(channel)](error_code error) {
        const auto state = weak.lock();
        if (error || !state) return;
        state->expired = true;
        channel->close();
      });
}
CloseAtDeadline::~CloseAtDeadline() = default;
bool CloseAtDeadline::expired() const { return state_->expired; }

struct TlsClient::State {
  State(async::Executor e, ssl::context c) : executor(std::move(e)), context(std::move(c)) {}
  async::Executor executor;
  ssl::context context;
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<TlsClient>> TlsClient::create(async::Executor executor) {
  TRY(auto context, make_client_context());
  return std::unique_ptr<TlsClient>(
      new TlsClient(std::make_unique<State>(std::move(executor), std::move(context))));
}

namespace {

// A connected socket. Closing `*socket` or cancelling `*resolver`, as the deadline does, ends it.
async::Task<Status> connect_tcp(tcp::socket& socket, tcp::resolver& resolver, Endpoint to) {
  error_code error;
  const auto found = co_await resolver.async_resolve(to.host, std::to_string(to.port),
                                                     tcp::resolver::numeric_service, into(error));
  if (error) co_return fail(NetError::kUnreachable, "no such host");
  co_await asio::async_connect(socket, found, into(error));
  if (error) co_return fail(NetError::kUnreachable, "connection refused or lost");
  co_return Status{};
}

struct Connecting {
  explicit Connecting(const async::Executor& executor)
      : socket(executor), resolver(executor), timer(executor) {}
  tcp::socket socket;
  tcp::resolver resolver;
  asio::steady_timer timer;
  bool expired = false;
};

}  // namespace

async::Task<Result<std::shared_ptr<TlsChannel>>> TlsClient::connect(Endpoint to, std::string alpn,
                                                                    async::Deadline deadline) {
  const auto timeout = [] {
    return fail(async::AsyncError::kTimeout, "the peer did not answer in time");
  };
  const auto attempt = std::make_shared<Connecting>(state_->executor);
  attempt->timer.expires_at(deadline);
  attempt->timer.async_wait([weak = std::weak_ptr(attempt)](error_code error) {
    const auto held = weak.lock();
    if (error || !held) return;
    held->expired = true;
    held->resolver.cancel();
    held->socket.close(error);
  });
  const Status connected = co_await connect_tcp(attempt->socket, attempt->resolver, std::move(to));
  if (attempt->expired) co_return timeout();
  if (!connected) co_return std::unexpected(connected.error());
  attempt->timer.cancel();

  auto channel_state =
      std::make_unique<TlsChannel::State>(std::move(attempt->socket), state_->context);
  auto& stream = channel_state->stream;
  const auto channel = std::make_shared<TlsChannel>(std::move(channel_state));
  std::string offered(1, static_cast<char>(alpn.size()));
  offered += alpn;
  if (SSL_set_alpn_protos(stream.native_handle(),
                          reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size())) != 0) {
    co_return fail(NetError::kLibrary, "OpenSSL: " + take_openssl_error());
  }
  const CloseAtDeadline guard(state_->executor, channel, deadline);
  error_code error;
  co_await stream.async_handshake(ssl::stream_base::client, into(error));
  if (guard.expired()) co_return timeout();
  if (error) co_return fail(NetError::kTls, "TLS handshake failed");
  if (channel->alpn() != alpn)
    co_return fail(NetError::kTls, "the peer does not speak our protocol");
  co_return channel;
}

struct TlsAcceptor::State {
  State(const async::Executor& executor, std::vector<std::string> names)
      : alpns(std::make_shared<const std::vector<std::string>>(std::move(names))),
        acceptor(executor) {}
  std::shared_ptr<const std::vector<std::string>> alpns;
  std::unique_ptr<ssl::context> context;
  tcp::acceptor acceptor;
  Endpoint local;
};

TlsAcceptor::TlsAcceptor(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsAcceptor::~TlsAcceptor() = default;

Result<std::unique_ptr<TlsAcceptor>> TlsAcceptor::open(const async::Executor& executor,
                                                       const Endpoint& at,
                                                       std::vector<std::string> alpns) {
  auto state = std::make_unique<State>(executor, std::move(alpns));
  TRY(auto context, make_server_context(*state->alpns));
  state->context = std::make_unique<ssl::context>(std::move(context));
  TRY(state->local, listen_on(state->acceptor, at));
  return std::unique_ptr<TlsAcceptor>(new TlsAcceptor(std::move(state)));
}

async::Task<Result<std::shared_ptr<TlsChannel>>> TlsAcceptor::accept() {
  error_code error;
  auto socket = co_await state_->acceptor.async_accept(into(error));
  if (error) co_return fail(NetError::kUnreachable, error.message());
  auto channel = std::make_unique<TlsChannel::State>(std::move(socket), *state_->context);
  channel->alpns = state_->alpns;
  co_return std::make_shared<TlsChannel>(std::move(channel));
}

Endpoint TlsAcceptor::local() const { return state_->local; }

void TlsAcceptor::close() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

}  // namespace cocoon::net
