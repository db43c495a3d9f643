#include "store/receipt_journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "async/event.h"
#include "files/small_files.h"
#include "store/journal_file.h"

namespace cocoon::store {
namespace {

namespace fs = std::filesystem;
using files::Descriptor;

std::error_code last_error() { return {errno, std::generic_category()}; }

std::unexpected<Error> refuse(StoreError code, const fs::path& path, const std::error_code& error) {
  return fail(code, path.string() + ": " + error.message());
}

Result<Bytes> read_at(const fs::path& path, std::uint32_t offset, std::size_t length) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  Bytes bytes(length);
  std::size_t done = 0;
  while (file.is_open() && done < length) {
    const ssize_t read =
        ::pread(file.get(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (read <= 0) break;
    done += static_cast<std::size_t>(read);
  }
  if (done < length) return fail(StoreError::kUnreadable, path.string() + ": cut short");
  return bytes;
}

// Makes the names in a folder last.
bool flush_folder(const fs::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.get()) == 0;
}

}  // namespace

// What put() waits for. All of it belongs to the loop.
struct Waiter {
  explicit Waiter(const async::Executor& on) : executor(on), done(on) {}
  async::Executor executor;
  async::Event done;
  bool is_over = false;
  Status status;
};

struct ReceiptJournal::State {
  struct Place {
    std::uint32_t file = 0;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    [[nodiscard]] auto order() const { return std::pair(file, offset); }
  };
  struct Waiting {
    RequestId id;
    Bytes record;
    std::shared_ptr<Waiter> waiter;
  };

  State(fs::path in, Options with) : folder(std::move(in)), options(with) {}

  [[nodiscard]] fs::path path_of(std::uint32_t of) const { return folder / journal_name(of); }
  [[nodiscard]] Status read_file(std::uint32_t number, bool is_last);
  [[nodiscard]] Status read_all();
  // For the writer's thread.
  void run();
  [[nodiscard]] Status open_file();
  [[nodiscard]] Status write(const std::vector<Waiting>& batch);
  void enter(const std::vector<Waiting>& batch);

  const fs::path folder;
  const Options options;

  // Shared with the writer.
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<Waiting> waiting;
  bool stopping = false;
  std::unordered_map<RequestId, Place> index;

  // The writer's own.
  std::uint32_t number = 1;
  std::uint32_t size = 0;
  Descriptor file;
  std::thread writer;
};

Status ReceiptJournal::State::read_file(std::uint32_t of, bool is_last) {
  const fs::path path = path_of(of);
  std::error_code error;
  const std::uintmax_t length = fs::file_size(path, error);
  if (error) return refuse(StoreError::kUnusableFolder, path, error);
  if (length > std::uintmax_t{options.file_bytes_max} + kReceiptBytesMax + kRecordHeadBytes)
    return fail(StoreError::kUnusableFolder, path.string() + ": longer than a journal's file");
  TRY(const Bytes bytes, read_at(path, 0, length));
  const std::size_t end =
      scan_records(bytes, [&](const RequestId& id, std::size_t offset, std::size_t record_length) {
        index.insert_or_assign(id, Place{.file = of,
                                         .offset = static_cast<std::uint32_t>(offset),
                                         .length = static_cast<std::uint32_t>(record_length)});
      });
  if (is_last && end < bytes.size() && ::truncate(path.c_str(), static_cast<off_t>(end)) != 0)
    return refuse(StoreError::kUnusableFolder, path, last_error());
  number = of;
  size = static_cast<std::uint32_t>(end);
  return {};
}

Status ReceiptJournal::State::read_all() {
  std::vector<std::uint32_t> numbers;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (const std::uint32_t found = journal_number(entries->path())) numbers.push_back(found);
  }
  if (error) return refuse(StoreError::kUnusableFolder, folder, error);
  std::ranges::sort(numbers);
  for (const std::uint32_t of : numbers) TRY_VOID(read_file(of, of == numbers.back()));
  return {};
}

// The file that is written to now: a new one if there is none, if the last is full, or if somebody
// removed it.
Status ReceiptJournal::State::open_file() {
  struct stat found{};
  const bool is_there = file.is_open() && ::fstat(file.get(), &found) == 0 && found.st_nlink > 0;
  if (is_there && size < options.file_bytes_max) return {};
  if (size >= options.file_bytes_max) {
    ++number;
    size = 0;
  }
  const fs::path path = path_of(number);
  file = Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                           S_IRUSR | S_IWUSR));
  if (!file.is_open() || ::fstat(file.get(), &found) != 0 || !flush_folder(folder))
    return refuse(StoreError::kUnwritable, path, last_error());
  size = static_cast<std::uint32_t>(found.st_size);
  return {};
}

Status ReceiptJournal::State::write(const std::vector<Waiting>& batch) {
  TRY_VOID(open_file());
  Bytes bytes;
  for (const Waiting& one : batch) append(bytes, one.record);
  if (files::write_whole(file, bytes) && ::fdatasync(file.get()) == 0) return {};
  const std::error_code error = last_error();
  // A part of it may be there, and a later receipt must not follow half a record.
  if (::ftruncate(file.get(), size) != 0) file = Descriptor();
  return refuse(StoreError::kUnwritable, path_of(number), error);
}

void ReceiptJournal::State::enter(const std::vector<Waiting>& batch) {
  const std::scoped_lock lock(mutex);
  for (const Waiting& one : batch) {
    const auto length = static_cast<std::uint32_t>(one.record.size());
    index.insert_or_assign(one.id, Place{.file = number, .offset = size, .length = length});
    size += length;
  }
}

void ReceiptJournal::State::run() {
  for (;;) {
    std::vector<Waiting> batch;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !waiting.empty(); });
      if (waiting.empty()) return;
      batch.swap(waiting);
    }
    const Status written = write(batch);
    if (written) enter(batch);
    for (Waiting& one : batch) {
      // Handed over, not shared: a waiter ends on its loop, never on this thread.
      const async::Executor executor = one.waiter->executor;
      boost::asio::post(executor, [waiter = std::move(one.waiter), written] {
        waiter->status = written;
        waiter->is_over = true;
        waiter->done.notify();
      });
    }
  }
}

ReceiptJournal::ReceiptJournal(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->writer = std::thread([raw = state_.get()] { raw->run(); });
}

ReceiptJournal::~ReceiptJournal() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  state_->writer.join();
}

Result<std::unique_ptr<ReceiptJournal>> ReceiptJournal::open(fs::path folder, Options options) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return refuse(StoreError::kUnusableFolder, folder, error);
  if (::chmod(folder.c_str(), S_IRWXU) != 0)
    return refuse(StoreError::kUnusableFolder, folder, last_error());
  auto state = std::make_unique<State>(std::move(folder), options);
  TRY_VOID(state->read_all());
  return std::unique_ptr<ReceiptJournal>(new ReceiptJournal(std::move(state)));
}

ports::Task<Status> ReceiptJournal::put(RequestId id, Bytes receipt) {
  if (receipt.size() > kReceiptBytesMax)
    co_return fail(StoreError::kTooLarge,
                   "receipt of " + std::to_string(receipt.size()) + " bytes");
  const auto waiter = std::make_shared<Waiter>(co_await async::this_executor());
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->waiting.size() >= state_->options.waiting_max)
      co_return fail(StoreError::kUnwritable, "too many receipts wait for the disk");
    state_->waiting.push_back({id, encode_record(id, receipt), waiter});
  }
  state_->changed.notify_one();
  while (!waiter->is_over) co_await waiter->done.wait();
  co_return waiter->status;
}

ports::Task<Result<std::optional<Bytes>>> ReceiptJournal::get(RequestId id) {
  State::Place place;
  {
    const std::scoped_lock lock(state_->mutex);
    const auto found = state_->index.find(id);
    if (found == state_->index.end()) co_return std::optional<Bytes>();
    place = found->second;
  }
  CO_TRY(const Bytes record, read_at(state_->path_of(place.file), place.offset, place.length));
  CO_TRY(Bytes receipt, decode_record(id, record));
  co_return std::optional<Bytes>(std::move(receipt));
}

std::vector<RequestId> ReceiptJournal::newest(std::size_t count_max) const {
  std::vector<std::pair<State::Place, RequestId>> found;
  {
    const std::scoped_lock lock(state_->mutex);
    for (const auto& [id, place] : state_->index) found.emplace_back(place, id);
  }
  const auto is_newer = [](const auto& a, const auto& b) {
    return a.first.order() > b.first.order();
  };
  const std::size_t count = std::min(count_max, found.size());
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(count), is_newer);
  std::vector<RequestId> ids;
  ids.reserve(count);
  for (std::size_t i = 0; i < count; ++i) ids.push_back(found[i].second);
  return ids;
}

}  // namespace cocoon::store
