#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace cocoon::apps {

// A program of the network, our child. Its output goes to a file; the kernel ends it if we end
// first.
class Process {
 public:
  [[nodiscard]] static Result<Process> start(std::string name, const std::filesystem::path& program,
                                             const std::vector<std::string>& arguments,
                                             const std::filesystem::path& log_file);
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // kills

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // False once it has ended.
  [[nodiscard]] bool is_running();
  // SIGTERM, and SIGKILL if it is still there after `grace`.
  void stop(std::chrono::milliseconds grace);
  // The last lines that it wrote, for an error message.
  [[nodiscard]] std::string last_words() const;

 private:
  Process(std::string name, pid_t pid, std::filesystem::path log_file)
      : name_(std::move(name)), pid_(pid), log_file_(std::move(log_file)) {}
  std::string name_;
  pid_t pid_ = -1;
  std::filesystem::path log_file_;
};

// The folder this very program lies in, where its siblings are.
[[nodiscard]] std::filesystem::path program_folder();

}  // namespace cocoon::apps
