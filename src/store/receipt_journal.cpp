#include "store/receipt_journal.h"

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "async/event.h"
#include "store/journal_file.h"
#include "store/journal_folder.h"

namespace cocoon::store {

// What put() waits for. All of it belongs to the loop.
struct Waiter {
  explicit Waiter(const async::Executor& on) : executor(on), done(on) {}
  async::Executor executor;
  async::Event done;
  bool is_over = false;
  Status status;
};

struct ReceiptJournal::State {
  explicit State(std::unique_ptr<JournalFolder> in, std::size_t most)
      : folder(std::move(in)), waiting_max(most) {}

  // For the writer's thread.
  void run();
  void write(std::span<const JournalFolder::Record> records,
             std::span<std::shared_ptr<Waiter>> of_them);

  const std::unique_ptr<JournalFolder> folder;
  const std::size_t waiting_max;

  // Shared with the writer: the n-th waiter is the n-th record's.
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<JournalFolder::Record> records;
  std::vector<std::shared_ptr<Waiter>> waiters;
  bool stopping = false;

  std::thread writer;
};

void ReceiptJournal::State::write(std::span<const JournalFolder::Record> batch,
                                  std::span<std::shared_ptr<Waiter>> of_it) {
  while (!batch.empty()) {
    const std::size_t count = folder->fitting(batch);
    const Status written = folder->append(batch.first(count));
    for (std::shared_ptr<Waiter>& one : of_it.first(count)) {
      // Handed over, not shared: a waiter ends on its loop, never on this thread.
      const async::Executor executor = one->executor;
      boost::asio::post(executor, [waiter = std::move(one), written] {
        waiter->status = written;
        waiter->is_over = true;
        waiter->done.notify();
      });
    }
    batch = batch.subspan(count);
    of_it = of_it.subspan(count);
  }
}

void ReceiptJournal::State::run() {
  for (;;) {
    std::vector<JournalFolder::Record> batch;
    std::vector<std::shared_ptr<Waiter>> of_it;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return stopping || !records.empty(); });
      if (records.empty()) return;
      batch.swap(records);
      of_it.swap(waiters);
    }
    write(batch, of_it);
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

Result<std::unique_ptr<ReceiptJournal>> ReceiptJournal::open(std::filesystem::path folder,
                                                             Options options) {
  TRY(auto opened,
      JournalFolder::open(std::move(folder), {.file_bytes_max = options.file_bytes_max,
                                              .file_records_max = options.file_records_max}));
  auto state = std::make_unique<State>(std::move(opened), options.waiting_max);
  return std::unique_ptr<ReceiptJournal>(new ReceiptJournal(std::move(state)));
}

ports::Task<Status> ReceiptJournal::put(RequestId id, Bytes receipt) {
  if (receipt.size() > kReceiptBytesMax)
    co_return fail(StoreError::kTooLarge,
                   "receipt of " + std::to_string(receipt.size()) + " bytes");
  const auto waiter = std::make_shared<Waiter>(co_await async::this_executor());
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->records.size() >= state_->waiting_max)
      co_return fail(StoreError::kUnwritable, "too many receipts wait for the disk");
    state_->records.push_back({.id = id, .bytes = encode_record(id, receipt)});
    state_->waiters.push_back(waiter);
  }
  state_->changed.notify_one();
  while (!waiter->is_over) co_await waiter->done.wait();
  co_return waiter->status;
}

ports::Task<Result<std::optional<Bytes>>> ReceiptJournal::get(RequestId id) {
  co_return state_->folder->find(id);
}

ports::Task<Result<std::vector<RequestId>>> ReceiptJournal::newest(std::size_t count) {
  co_return state_->folder->newest(count);
}

std::size_t ReceiptJournal::places_in_memory() const { return state_->folder->places_in_memory(); }

}  // namespace cocoon::store
