#pragma once

#include <functional>

#include "chain/lite_server.h"

// Inside this room: several lite-servers, asked as one.
namespace cocoon::chain {

// Why a server's answer was not taken.
struct Refusal {
  std::string server;
  Error reason;
};

class LiteServers {
 public:
  // What an answer proves; anything but success refuses it. Called at most once after the race is
  // over: never.
  using Check = std::function<Status(const std::string& server, BytesView answer)>;

  // `clock` and `random` outlive this.
  LiteServers(const async::Executor& executor, async::Clock& clock, ports::Random& random,
              const std::vector<LiteServerAddress>& addresses);

  // Asks the best server, and the next one whenever one fails or is slow, until an answer passes
  // the check. Fails with the last refusal once all have failed, or at the deadline.
  [[nodiscard]] async::Task<Status> race(Bytes query, Check check, async::Deadline deadline);
  // Asks up to `count` servers at once; returns when all of them answered or failed, or a second
  // after the first that answered. Fails if none passed the check.
  [[nodiscard]] async::Task<Status> poll(Bytes query, Check check, std::size_t count,
                                         async::Deadline deadline);

  // A server whose answer turned out wrong only later.
  void blame(const std::string& server, const Error& reason);
  // The latest refusals, oldest first, at most 32.
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }

 private:
  struct Round;
  [[nodiscard]] static async::Task<void> attempt(std::shared_ptr<LiteServer> server,
                                                 std::shared_ptr<Round> round);
  [[nodiscard]] std::vector<std::shared_ptr<LiteServer>> best_first() const;
  void start(const std::shared_ptr<LiteServer>& server, const std::shared_ptr<Round>& round);
  void note(const std::string& server, const Error& reason);

  async::Executor executor_;
  async::Clock& clock_;
  std::vector<std::shared_ptr<LiteServer>> servers_;
  std::vector<Refusal> refusals_;
};

}  // namespace cocoon::chain
