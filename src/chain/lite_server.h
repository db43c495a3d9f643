#pragma once

#include <memory>

#include "async/event.h"
#include "chain/lite_network.h"
#include "ports/world.h"

// Inside this room: one lite-server over ADNL.
namespace cocoon::chain {

struct LiteServerTimes {
  async::Duration ping_each = std::chrono::seconds(10);   // while nothing is asked
  async::Duration pong_within = std::chrono::seconds(5);  // then the server counts as gone
};

// Connects when first asked and again after a failure; one query at a time. An idle connection is
// pinged (tcp.ping), so that a server that is gone is noticed before the next query waits for it.
// Nothing it answers is believed: callers check proofs. Coroutines under way keep the server alive.
class LiteServer : public std::enable_shared_from_this<LiteServer> {
 public:
  // `clock` and `random` outlive this.
  LiteServer(async::Executor executor, async::Clock& clock, ports::Random& random,
             LiteServerAddress address, LiteServerTimes times = {});
  ~LiteServer();
  LiteServer(const LiteServer&) = delete;
  LiteServer& operator=(const LiteServer&) = delete;

  // The answer to a liteServer.query. kServer with its words if it says an error; any failure but
  // that one ends the connection.
  [[nodiscard]] async::Task<Result<Bytes>> query(Bytes query, async::Deadline deadline);
  [[nodiscard]] const LiteServerAddress& address() const { return address_; }
  // "host:port"
  [[nodiscard]] std::string name() const;

  // How well it did lately: failures count up, a success sets them back.
  void note_success() { failures_ = 0; }
  void note_failure() { failures_ += failures_ < 1000 ? 1 : 0; }
  [[nodiscard]] unsigned failures() const { return failures_; }
  [[nodiscard]] bool is_connected() const { return connection_ != nullptr; }

 private:
  struct Connection;
  class Turn;
  // Until the connection that it watches is gone.
  [[nodiscard]] static async::Task<void> keep_alive(std::weak_ptr<LiteServer> server,
                                                    async::Clock& clock, LiteServerTimes times,
                                                    std::uint64_t watched);
  [[nodiscard]] static async::Task<Status> ping(std::shared_ptr<LiteServer> self);
  [[nodiscard]] static async::Task<Result<Bytes>> exchange(std::shared_ptr<LiteServer> self,
                                                           Bytes query);
  [[nodiscard]] static async::Task<Status> connect(std::shared_ptr<LiteServer> self);

  async::Executor executor_;
  async::Clock& clock_;
  ports::Random& random_;
  LiteServerAddress address_;
  LiteServerTimes times_;
  std::unique_ptr<Connection> connection_;
  std::uint64_t connections_ = 0;  // made so far
  bool busy_ = false;
  async::Event free_;
  unsigned failures_ = 0;
};

}  // namespace cocoon::chain
