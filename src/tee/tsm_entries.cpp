#include "tee/tsm_entries.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

namespace cocoon::tee {
namespace {

using async::Task;

constexpr std::size_t kAuxblobBytesMax = 64 * 1024;
constexpr std::size_t kAttributeBytesMax = 256;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

Result<std::uint64_t> parse_generation(BytesView bytes) {
  const std::string_view text = trimmed(as_text(bytes));
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    return fail(TeeError::kIo, "the entry's generation is not a number");
  }
  return value;
}

Result<std::string> expect_provider(BytesView bytes, const std::vector<std::string>& providers) {
  std::string name(trimmed(as_text(bytes)));
  if (std::ranges::find(providers, name) != providers.end()) return name;
  std::string wanted;
  for (const std::string& one : providers) wanted += (wanted.empty() ? "" : " or ") + one;
  return fail(TeeError::kWrongProvider, "the tree's provider is not " + wanted);
}

// The operations as coroutines, to be run on the thread for files.
Task<Result<bool>> make_directory(TsmFiles& files, std::filesystem::path path) {
  co_return files.make_directory(path);
}
Task<Result<std::optional<Bytes>>> read_file(TsmFiles& files, std::filesystem::path path,
                                             std::size_t bytes_max) {
  co_return files.read(path, bytes_max);
}
Task<Result<bool>> write_file(TsmFiles& files, std::filesystem::path path, Bytes bytes) {
  co_return files.write(path, bytes);
}

}  // namespace

struct TsmEntries::State {
  State(TsmOptions given, async::Clock& the_clock, std::unique_ptr<TsmFiles> the_files)
      : options(std::move(given)), clock(the_clock), files(std::move(the_files)) {}

  template <class T>
  [[nodiscard]] Task<T> on_file_thread(Task<T> operation) {
    co_return co_await boost::asio::co_spawn(thread.get_executor(), std::move(operation),
                                             boost::asio::use_awaitable);
  }

  // The attribute once it is there and not empty.
  [[nodiscard]] Task<Result<Bytes>> read_when_there(std::filesystem::path path,
                                                    std::size_t bytes_max, async::Deadline by) {
    while (true) {
      CO_TRY(auto bytes, co_await on_file_thread(read_file(*files, path, bytes_max)));
      if (bytes.has_value() && !bytes->empty()) co_return std::move(*bytes);
      if (clock.now() >= by) {
        co_return fail(TeeError::kTimeout, "no " + path.filename().string() + " in time");
      }
      co_await clock.sleep_for(options.retry_every);
    }
  }

  // Writes once the entry is not busy.
  [[nodiscard]] Task<Status> write_when_free(std::filesystem::path path, Bytes bytes,
                                             async::Deadline by) {
    while (true) {
      CO_TRY(const bool written, co_await on_file_thread(write_file(*files, path, bytes)));
      if (written) co_return Status();
      if (clock.now() >= by) {
        co_return fail(TeeError::kTimeout, "the entry stayed busy");
      }
      co_await clock.sleep_for(options.retry_every);
    }
  }

  [[nodiscard]] Task<Result<std::uint64_t>> read_generation(std::filesystem::path entry,
                                                            async::Deadline by) {
    CO_TRY(const Bytes bytes,
           co_await read_when_there(entry / "generation", kAttributeBytesMax, by));
    co_return parse_generation(bytes);
  }

  [[nodiscard]] Task<Result<std::filesystem::path>> make_entry() {
    constexpr int kAttempts = 64;  // entries left behind by a process that was killed
    for (int i = 0; i < kAttempts; ++i) {
      const std::filesystem::path entry =
          options.path / (options.entry_prefix + "-" + std::to_string(::getpid()) + "-" +
                          std::to_string(next_entry++));
      CO_TRY(const bool made, co_await on_file_thread(make_directory(*files, entry)));
      if (made) co_return entry;
    }
    co_return fail(TeeError::kUnavailable, "no free entry name in " + options.path.string());
  }

  [[nodiscard]] Task<Result<TsmAnswer>> ask_in(std::filesystem::path entry, TsmQuestion question) {
    const async::Deadline by = clock.in(options.quote_within);
    CO_TRY(const Bytes name, co_await read_when_there(entry / "provider", kAttributeBytesMax, by));
    TsmAnswer answer;
    CO_TRY(answer.provider, expect_provider(name, question.providers));
    CO_TRY(const std::uint64_t before, co_await read_generation(entry, by));
    CO_TRY_VOID(co_await write_when_free(entry / "inblob", std::move(question.inblob), by));
    CO_TRY(answer.outblob,
           co_await read_when_there(entry / "outblob", question.outblob_bytes_max, by));
    if (answer.provider == question.auxblob_of) {
      // Made with the answer, so it is there now or not at all.
      CO_TRY(answer.auxblob,
             co_await on_file_thread(read_file(*files, entry / "auxblob", kAuxblobBytesMax)));
    }
    // Each write to an entry counts its generation up by one: more than our own write means that
    // the answer, or what belongs to it, may be to somebody else's bytes.
    CO_TRY(const std::uint64_t after, co_await read_generation(entry, by));
    if (after != before + 1) {
      co_return fail(TeeError::kConflict, "somebody else wrote to the entry");
    }
    co_return answer;
  }

  // An entry of ours, removed when the answer is there, refused or given up by its caller.
  class Entry {
   public:
    Entry(State& state, std::filesystem::path path) : state_(state), path_(std::move(path)) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry() {
      try {
        boost::asio::post(state_.thread, [files = state_.files.get(), path = std::move(path_)] {
          files->remove_entry(path);
        });
      } catch (const std::exception&) {
        return;  // out of memory: the entry stays behind, under a name that nobody uses again
      }
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

   private:
    State& state_;
    std::filesystem::path path_;
  };

  TsmOptions options;
  async::Clock& clock;
  std::unique_ptr<TsmFiles> files;
  std::uint64_t next_entry = 0;
  boost::asio::thread_pool thread{1};  // joined before the members above go
};

TsmEntries::TsmEntries(TsmOptions options, async::Clock& clock, std::unique_ptr<TsmFiles> files)
    : state_(std::make_unique<State>(std::move(options), clock, std::move(files))) {}

TsmEntries::~TsmEntries() { state_->thread.join(); }

Task<Result<TsmAnswer>> TsmEntries::ask(TsmQuestion question) {
  CO_TRY(std::filesystem::path path, co_await state_->make_entry());
  const State::Entry entry(*state_, std::move(path));
  co_return co_await state_->ask_in(entry.path(), std::move(question));
}

}  // namespace cocoon::tee
