#include "async/offload.h"

#include <boost/asio/thread_pool.hpp>

namespace cocoon::async {

struct WorkerThread::Pool {
  boost::asio::thread_pool threads{1};
};

WorkerThread::WorkerThread() : pool_(std::make_unique<Pool>()) {}

WorkerThread::~WorkerThread() {
  pool_->threads.stop();
  pool_->threads.join();
}

Executor WorkerThread::executor() const { return pool_->threads.get_executor(); }

}  // namespace cocoon::async
