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

// The server to oneself. What did not end well takes the connection along, whatever ended it.
class LiteServer::Turn {
 public:
  explicit Turn(LiteServer& server) : server_(server) { server_.busy_ = true; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!has_ended_well_) server_.connection_.reset();
    server_.busy_ = false;
    server_.free_.notify();
  }
  void ended_well() { has_ended_well_ = true; }

 private:
  LiteServer& server_;
  bool has_ended_well_ = false;
};

LiteServer::LiteServer(async::Executor executor, async::Clock& clock, ports::Random& random,
                       LiteServerAddress address, LiteServerTimes times)
    : executor_(std::move(executor)),
      clock_(clock),
      random_(random),
      address_(std::move(address)),
      times_(times),
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
  async::spawn(self->executor_,
               keep_alive(self->weak_from_this(), self->clock_, self->times_, ++self->connections_),
               [](std::string_view) {});
  co_return Status();
}

async::Task<Status> LiteServer::ping(std::shared_ptr<LiteServer> self) {
  const auto bytes = self->random_.array<8>();
  std::uint64_t number = 0;
  for (const std::byte byte : bytes) number = number << 8U | std::to_integer<std::uint64_t>(byte);
  Connection& connection = *self->connection_;
  CO_TRY_VOID(co_await connection.send(ton::adnl_ping(number), self->random_));
  for (unsigned strays = 0; strays < kStrayFramesMax; ++strays) {
    CO_TRY(const Bytes frame, co_await connection.next_frame());
    CO_TRY(const auto message, ton::parse_adnl_message(frame));
    const auto* const pong = std::get_if<ton::AdnlPong>(&message);
    if (pong != nullptr && pong->random_id == number) co_return Status();
  }
  co_return unreachable("the lite-server answers what was not asked");
}

async::Task<void> LiteServer::keep_alive(std::weak_ptr<LiteServer> server, async::Clock& clock,
                                         LiteServerTimes times, std::uint64_t watched) {
  for (;;) {
    co_await clock.sleep_for(times.ping_each);
    const std::shared_ptr<LiteServer> self = server.lock();
    if (!self || !self->is_connected() || self->connections_ != watched) co_return;
    if (self->busy_) continue;  // a query under way tells as much
    Turn turn(*self);
    const Status answered =
        co_await async::with_deadline(clock, clock.in(times.pong_within), ping(self));
    if (!answered) {
      self->note_failure();
      co_return;
    }
    turn.ended_well();
  }
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
  Turn turn(*self);
  const bool was_connected = connection_ != nullptr;
  Result<Bytes> answer = co_await async::with_deadline(clock_, deadline, exchange(self, query));
  if (!answer && was_connected && !answer.error().is(async::AsyncError::kTimeout)) {
    // A connection that was idle may have been closed in the meantime: once more on a new one.
    connection_.reset();
    answer = co_await async::with_deadline(clock_, deadline, exchange(self, std::move(query)));
  }
  if (!answer) co_return answer;
  const std::optional<ton::LiteError> error = ton::parse_lite_error(*answer).value_or(std::nullopt);
  turn.ended_well();
  if (error) co_return fail(ton::TonError::kServer, "the lite-server says: " + error->message);
  co_return answer;
}

}  // namespace cocoon::chain
