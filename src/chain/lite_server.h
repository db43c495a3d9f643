#pragma once

#include <memory>

#include "async/event.h"
#include "chain/lite_network.h"
#include "ports/world.h"

// Inside this room: one lite-server over ADNL.
namespace cocoon::chain {

// Connects when first asked and again after a failure; one query at a time. Nothing it answers is
// believed: callers check proofs. Coroutines under way keep the server alive.
class LiteServer : public std::enable_shared_from_this<LiteServer> {
 public:
  // `clock` and `random` outlive this.
  LiteServer(async::Executor executor, async::Clock& clock, ports::Random& random,
             LiteServerAddress address);
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

 private:
  struct Connection;
  [[nodiscard]] static async::Task<Result<Bytes>> exchange(std::shared_ptr<LiteServer> self,
                                                           Bytes query);
  [[nodiscard]] static async::Task<Status> connect(std::shared_ptr<LiteServer> self);

  async::Executor executor_;
  async::Clock& clock_;
  ports::Random& random_;
  LiteServerAddress address_;
  std::unique_ptr<Connection> connection_;
  bool busy_ = false;
  async::Event free_;
  unsigned failures_ = 0;
};

}  // namespace cocoon::chain
