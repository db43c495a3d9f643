#include "store/group_writer.h"

#include <boost/asio/post.hpp>

namespace cocoon::store {

void finish(std::shared_ptr<Waiter> waiter, const Status& status) {
  const async::Executor executor = waiter->executor;
  boost::asio::post(executor, [waiter = std::move(waiter), status] {
    waiter->status = status;
    waiter->is_over = true;
    waiter->done.notify();
  });
}

}  // namespace cocoon::store
