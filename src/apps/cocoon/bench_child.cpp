#include "apps/cocoon/bench_child.h"

#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "apps/cocoon/error.h"
#include "apps/cocoon/process.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kOutputBytesMax = 64 * 1024;
constexpr auto kPoll = 2ms;

// A file with a name of its own, gone at the end.
class ScratchFile {
 public:
  ScratchFile() : path_((std::filesystem::temp_directory_path() / "cocoon-bench-XXXXXX").string()) {
    const int made = mkstemp(path_.data());
    is_made_ = made >= 0;
    if (is_made_) close(made);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile() {
    std::error_code ignored;
    if (is_made_) std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] bool is_made() const { return is_made_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool is_made_ = false;
};

}  // namespace

Result<codec::Json> run_for_json(const BenchChild& child) {
  const ScratchFile output;
  if (!output.is_made()) return fail(AppError::kBadState, "cannot make a file " + output.path());
  TRY(Process process, Process::start(child.name, child.program, child.arguments, output.path()));
  const auto give_up = std::chrono::steady_clock::now() + child.end_by;
  while (process.is_running()) {
    if (std::chrono::steady_clock::now() > give_up)
      return fail(AppError::kTimeout, child.name + " did not end");
    std::this_thread::sleep_for(kPoll);
  }
  TRY(const Bytes bytes, files::read_file(output.path(), kOutputBytesMax));
  auto printed = codec::parse_json(as_text(bytes));
  if (!printed) return fail(AppError::kChildFailed, child.name + " failed:" + process.last_words());
  return printed;
}

Result<std::uint64_t> count_in(const codec::Json& object, std::string_view name) {
  const codec::Json* const found = object.find(name);
  if (found == nullptr) return fail(AppError::kBadAnswer, "no " + std::string(name) + " was given");
  return found->as_unsigned();
}

}  // namespace cocoon::apps
