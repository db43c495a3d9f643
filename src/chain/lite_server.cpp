#include "chain/lite_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "async/race.h"
#include "ton/adnl/messages.h"
#include "ton/adnl/session.h"
#include "ton/tl/lite_answers.h"

namespace cocoon::chain {
namespace {

namespace asio = boost::asio;
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadSize = std::size_t{64} * 1024;
// Frames that are no answer to what was asked; more than a few are an attempt to keep us waiting.
constexpr unsigned kStrayFramesMax = 16;

std::unexpected<Error> unreachable(const char* what) {
  return fail(ChainError::kUnreachable, what);
}

}  // namespace

struct LiteServer::Connection {
  asio::ip::tcp::socket socket;
  ton::AdnlSession session;

  async::Task<Status> send(BytesView payload, ports::Random& random) {
    Bytes frame;
    session.seal(payload, random.array<32>(), frame);
    const auto [failed, written] = co_await asio::async_write(socket, asio::buffer(frame), kAwait);
    if (failed) co_return unreachable("the lite-server took no more");
    co_return Status();
  }

  async::Task<Result<Bytes>> next_frame() {
    Bytes buffer(kReadSize);
    for (;;) {
      CO_TRY(auto frame, session.next());
      if (frame) co_return *std::move(frame);
      const auto [failed, read] = co_await socket.async_read_some(asio::buffer(buffer), kAwait);
      if (failed) co_return unreachable("the lite-server closed the connection");
      session.feed(BytesView(buffer).first(read));
    }
  }
};

LiteServer::LiteServer(async::Executor executor, async::Clock& clock, ports::Random& random,
                       LiteServerAddress address)
    : executor_(std::move(executor)),
      clock_(clock),
      random_(random),
      address_(std::move(address)),
      free_(executor_) {}

LiteServer::~LiteServer() = default;

std::string LiteServer::name() const { return address_.host + ":" + std::to_string(address_.port); }

async::Task<Status> LiteServer::connect(std::shared_ptr<LiteServer> self) {
  boost::system::error_code bad_address;
  const auto host = asio::ip::make_address(self->address_.host, bad_address);
  if (bad_address) co_return unreachable("the lite-server's address is none");
  ton::AdnlSecrets secrets{SecretArray<32>(), SecretArray<160>()};
  self->random_.fill(secrets.key_seed.expose_mutable());
  self->random_.fill(secrets.parameters.expose_mutable());
  CO_TRY(auto session, ton::AdnlSession::open(self->address_.key, secrets));
  auto connection = std::make_unique<Connection>(
      Connection{asio::ip::tcp::socket(self->executor_), std::move(session)});
  const auto [failed] =
      co_await connection->socket.async_connect({host, self->address_.port}, kAwait);
  if (failed) co_return unreachable("no connection to the lite-server");
  boost::system::error_code ignored;
  connection->socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto [unsent, written] = co_await asio::async_write(
      connection->socket, asio::buffer(to_bytes(connection->session.handshake())), kAwait);
  if (unsent) co_return unreachable("the lite-server took no handshake");
  // An empty frame is the server's word that it has the key.
  CO_TRY(const Bytes greeting, co_await connection->next_frame());
  if (!greeting.empty()) co_return unreachable("the lite-server did not shake hands");
  self->connection_ = std::move(connection);
  co_return Status();
}

async::Task<Result<Bytes>> LiteServer::exchange(std::shared_ptr<LiteServer> self, Bytes query) {
  if (self->connection_ == nullptr) CO_TRY_VOID(co_await connect(self));
  const ton::QueryId id(self->random_.array<32>());
  Connection& connection = *self->connection_;
  CO_TRY_VOID(co_await connection.send(ton::adnl_query(id, query), self->random_));
  for (unsigned strays = 0; strays < kStrayFramesMax; ++strays) {
    CO_TRY(const Bytes frame, co_await connection.next_frame());
    CO_TRY(auto message, ton::parse_adnl_message(frame));
    auto* const answer = std::get_if<ton::AdnlAnswer>(&message);
    if (answer != nullptr && answer->id == id) co_return std::move(answer->answer);
  }
  co_return unreachable("the lite-server answers what was not asked");
}

async::Task<Result<Bytes>> LiteServer::query(Bytes query, async::Deadline deadline) {
  const std::shared_ptr<LiteServer> self = shared_from_this();
  while (busy_) {
    if (clock_.now() >= deadline)
      co_return fail(async::AsyncError::kTimeout, "the lite-server is busy");
    co_await free_.wait();
  }
  busy_ = true;
  // Whatever ends this coroutine frees the server; a query that did not end well takes its
  // connection along.
  struct Release {
    LiteServer& server;
    bool keep_connection = false;
    ~Release() {
      if (!keep_connection) server.connection_.reset();
      server.busy_ = false;
      server.free_.notify();
    }
  } release{*self};
  const bool was_connected = connection_ != nullptr;
  Result<Bytes> answer = co_await async::with_deadline(clock_, deadline, exchange(self, query));
  if (!answer && was_connected && !answer.error().is(async::AsyncError::kTimeout)) {
    // A connection that was idle may have been closed in the meantime: once more on a new one.
    connection_.reset();
    answer = co_await async::with_deadline(clock_, deadline, exchange(self, std::move(query)));
  }
  if (!answer) co_return answer;
  const std::optional<ton::LiteError> error = ton::parse_lite_error(*answer).value_or(std::nullopt);
  release.keep_connection = true;
  if (error) co_return fail(ton::TonError::kServer, "the lite-server says: " + error->message);
  co_return answer;
}

}  // namespace cocoon::chain
