#include "tee/tsm_quote_source.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>

#include "attest/amd/evidence.h"

namespace cocoon::tee {
namespace {

using ports::Task;

constexpr std::size_t kQuoteBytesMax = 64 * 1024;
constexpr std::size_t kCertificateBytesMax = 64 * 1024;
constexpr std::size_t kAttributeBytesMax = 256;

enum class Provider : std::uint8_t { kTdx, kSevSnp };

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

// The names that Linux's drivers give themselves.
Result<Provider> parse_provider(BytesView bytes) {
  const std::string_view name = trimmed(as_text(bytes));
  if (name == "tdx_guest") return Provider::kTdx;
  if (name == "sev_guest") return Provider::kSevSnp;
  return fail(TeeError::kWrongProvider, "the tree's provider is neither tdx_guest nor sev_guest");
}

// The report and the host's certificates as one piece.
Result<Bytes> snp_evidence(Bytes report, const std::optional<Bytes>& certificate_table) {
  const auto none = fail(TeeError::kNoCertificate,
                         "the host gives the guest no certificate of the key that signs reports");
  if (!certificate_table || certificate_table->empty()) return none;
  auto certificates = attest::amd::parse_certificate_table(*certificate_table);
  if (!certificates.has_value()) {
    return fail(TeeError::kNoCertificate, certificates.error().message());
  }
  if (certificates->empty()) return none;
  const attest::amd::SnpEvidence evidence{.report = std::move(report),
                                          .certificates_der = *std::move(certificates)};
  return evidence.encode();
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

struct TsmQuoteSource::State {
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

  [[nodiscard]] Task<Result<Bytes>> quote_in(std::filesystem::path entry,
                                             ByteArray<64> report_data) {
    const async::Deadline by = clock.in(options.quote_within);
    CO_TRY(const Bytes name, co_await read_when_there(entry / "provider", kAttributeBytesMax, by));
    CO_TRY(const Provider provider, parse_provider(name));
    CO_TRY(const std::uint64_t before, co_await read_generation(entry, by));
    CO_TRY_VOID(co_await write_when_free(entry / "inblob", to_bytes(report_data), by));
    CO_TRY(Bytes quote, co_await read_when_there(entry / "outblob", kQuoteBytesMax, by));
    std::optional<Bytes> certificate_table;
    if (provider == Provider::kSevSnp) {
      // Made with the report, so it is there now or not at all.
      CO_TRY(certificate_table,
             co_await on_file_thread(read_file(*files, entry / "auxblob", kCertificateBytesMax)));
    }
    // Each write to an entry counts its generation up by one: more than our own write means that
    // the quote, or what belongs to it, may be over somebody else's bytes.
    CO_TRY(const std::uint64_t after, co_await read_generation(entry, by));
    if (after != before + 1) {
      co_return fail(TeeError::kConflict, "somebody else wrote to the entry");
    }
    if (provider == Provider::kSevSnp) {
      co_return snp_evidence(std::move(quote), certificate_table);
    }
    co_return quote;
  }

  // An entry of ours, removed when the quote is there, refused or given up by its caller.
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

TsmQuoteSource::TsmQuoteSource(TsmOptions options, async::Clock& clock)
    : TsmQuoteSource(std::move(options), clock, make_real_tsm_files()) {}

TsmQuoteSource::TsmQuoteSource(TsmOptions options, async::Clock& clock,
                               std::unique_ptr<TsmFiles> files)
    : state_(std::make_unique<State>(std::move(options), clock, std::move(files))) {}

TsmQuoteSource::~TsmQuoteSource() { state_->thread.join(); }

ports::Task<Result<Bytes>> TsmQuoteSource::quote(ByteArray<64> report_data) {
  CO_TRY(std::filesystem::path path, co_await state_->make_entry());
  const State::Entry entry(*state_, std::move(path));
  co_return co_await state_->quote_in(entry.path(), report_data);
}

}  // namespace cocoon::tee
