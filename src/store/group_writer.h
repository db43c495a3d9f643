#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "async/event.h"
#include "store/error.h"

// Inside this room: one thread that writes for many.
namespace cocoon::store {

// What put() waits for. All of it belongs to the loop.
struct Waiter {
  explicit Waiter(const async::Executor& on) : executor(on), done(on) {}
  async::Executor executor;
  async::Event done;
  bool is_over = false;
  Status status;
};
// Ends the wait, from any thread. Handed over, not shared: a waiter ends on its loop.
void finish(std::shared_ptr<Waiter> waiter, const Status& status);

// A thread of its own writes whatever waits and flushes the disk once for all of it, and only then
// do the put()s return: the loop never waits for the disk, and records that come together share its
// slowest step. The loop that the put()s run on outlives the writer.
template <class Record>
class GroupWriter {
 public:
  // Runs on the thread. Says for each record, n-th for n-th, what became of it.
  using Write = std::function<void(std::span<Record> batch, std::span<Status> of_it)>;

  GroupWriter(std::size_t waiting_max, Write write)
      : waiting_max_(waiting_max), write_(std::move(write)), thread_([this] { run(); }) {}
  // Writes what waits.
  ~GroupWriter() {
    {
      const std::scoped_lock lock(mutex_);
      is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // In the order of the calls. kUnwritable if too many wait.
  [[nodiscard]] async::Task<Status> put(Record record) {
    const auto waiter = std::make_shared<Waiter>(co_await async::this_executor());
    {
      const std::scoped_lock lock(mutex_);
      if (records_.size() >= waiting_max_)
        co_return fail(StoreError::kUnwritable, "too much waits for the disk");
      records_.push_back(std::move(record));
      waiters_.push_back(waiter);
    }
    changed_.notify_one();
    while (!waiter->is_over) co_await waiter->done.wait();
    co_return waiter->status;
  }

 private:
  void run() {
    for (;;) {
      std::vector<Record> batch;
      std::vector<std::shared_ptr<Waiter>> of_it;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return is_stopping_ || !records_.empty(); });
        if (records_.empty()) return;
        batch.swap(records_);
        of_it.swap(waiters_);
      }
      std::vector<Status> outcomes(batch.size());
      write_(batch, outcomes);
      for (std::size_t i = 0; i < of_it.size(); ++i) finish(std::move(of_it[i]), outcomes[i]);
    }
  }

  const std::size_t waiting_max_;
  const Write write_;

  // Shared with the thread: the n-th waiter is the n-th record's.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Record> records_;
  std::vector<std::shared_ptr<Waiter>> waiters_;
  bool is_stopping_ = false;

  std::thread thread_;
};

}  // namespace cocoon::store
