#pragma once

#include <memory>

#include "async/task.h"
#include "engine/llama_server.h"

namespace cocoon::engine {

// How a child ended.
struct ExitStatus {
  int code = 0;    // its exit code, if no signal ended it
  int signal = 0;  // 0 if it ended by itself
};

// A child with nothing of ours but its arguments: standard streams on /dev/null, no other open
// files, own session, no core dumps, files it makes for us alone, no capabilities lent to us and no
// way to gain privileges. The kernel kills it when the thread that started it ends.
class ChildProcess {
 public:
  // kDown if the program cannot be run.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(const async::Executor& executor,
                                                                   const Command& command);
  // Kills it and everything in its session that is still there.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] int pid() const;
  void signal(int number);
  // Returns as soon as the child has ended; one caller at a time.
  [[nodiscard]] async::Task<ExitStatus> wait_end();
  [[nodiscard]] bool has_ended() const;

 private:
  struct State;
  explicit ChildProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::engine
