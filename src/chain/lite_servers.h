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

// What a server's answer was found to prove.
template <class T>
struct Answered {
  std::string server;
  T value;
};

class LiteServers {
 public:
  // Turns an answer into what it proves, or refuses it. Runs beside the loop: it touches nothing
  // but the answer and what it owns.
  template <class T>
  using Check = std::function<Result<T>(BytesView answer)>;

  // `clock` and `random` outlive this. Checks run on `checking`, one at a time.
  LiteServers(const async::Executor& executor, async::Executor checking, async::Clock& clock,
              ports::Random& random, const std::vector<LiteServerAddress>& addresses);

  // Asks the best server, and the next one whenever one fails or is slow, until an answer passes
  // the check. Fails with the last refusal once all have failed, or at the deadline.
  template <class T>
  [[nodiscard]] async::Task<Result<Answered<T>>> race(Bytes query, Check<T> check,
                                                      async::Deadline deadline) {
    CO_TRY(const std::vector<Answered<Found>> passed,
           co_await ask_in_turn(std::move(query), untyped<T>(std::move(check)), deadline));
    co_return typed<T>(passed.front());
  }
  // Asks up to `count` servers at once; returns when all of them answered or failed, or a second
  // after the first that answered. Fails if none passed the check.
  template <class T>
  [[nodiscard]] async::Task<Result<std::vector<Answered<T>>>> poll(Bytes query, Check<T> check,
                                                                   std::size_t count,
                                                                   async::Deadline deadline) {
    CO_TRY(const std::vector<Answered<Found>> passed,
           co_await ask_together(std::move(query), untyped<T>(std::move(check)), count, deadline));
    std::vector<Answered<T>> list;
    list.reserve(passed.size());
    for (const Answered<Found>& one : passed) list.push_back(typed<T>(one));
    co_return list;
  }

  // A server whose answer turned out wrong only later.
  void blame(const std::string& server, const Error& reason);
  // How many are connected now.
  [[nodiscard]] std::size_t live() const;
  // The latest refusals, and who was waited for no longer, oldest first, at most 32.
  [[nodiscard]] const std::vector<Refusal>& refusals() const { return refusals_; }

 private:
  struct Round;
  using Found = std::shared_ptr<const void>;
  using UntypedCheck = std::function<Result<Found>(BytesView answer)>;
  template <class T>
  static UntypedCheck untyped(Check<T> check) {
    return [check = std::move(check)](BytesView answer) -> Result<Found> {
      TRY(T value, check(answer));
      return std::make_shared<const T>(std::move(value));
    };
  }
  template <class T>
  static Answered<T> typed(const Answered<Found>& found) {
    return {found.server, *static_cast<const T*>(found.value.get())};
  }

  [[nodiscard]] async::Task<Result<std::vector<Answered<Found>>>> ask_in_turn(
      Bytes query, UntypedCheck check, async::Deadline deadline);
  [[nodiscard]] async::Task<Result<std::vector<Answered<Found>>>> ask_together(
      Bytes query, UntypedCheck check, std::size_t count, async::Deadline deadline);
  [[nodiscard]] static async::Task<void> attempt(std::shared_ptr<LiteServer> server,
                                                 std::shared_ptr<Round> round);
  [[nodiscard]] std::vector<std::shared_ptr<LiteServer>> best_first() const;
  void start(const std::shared_ptr<LiteServer>& server, const std::shared_ptr<Round>& round);
  void note(const std::string& server, const Error& reason);
  // They may still answer, but others are asked first from now on.
  void note_slow(const std::vector<std::shared_ptr<LiteServer>>& servers);

  async::Executor executor_;
  async::Executor checking_;
  async::Clock& clock_;
  std::vector<std::shared_ptr<LiteServer>> servers_;
  std::vector<Refusal> refusals_;
};

}  // namespace cocoon::chain
