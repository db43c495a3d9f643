#include "roles/worker/links.h"

#include <algorithm>

namespace cocoon::worker {
namespace {

using namespace std::chrono_literals;

constexpr async::Duration kDialDeadline = 15s;
constexpr async::Duration kFirstPause = 250ms;
constexpr async::Duration kLongestPause = 30s;
// A link that lasted this long was a good one: the next failure starts from the shortest pause.
constexpr async::Duration kGoodLink = 30s;

}  // namespace

void ProxyLinks::start(const async::Executor& executor) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    async::spawn(executor, keep_linked(i),
                 [this](std::string_view) { world_.log.error("worker.link_loop_crashed"); });
  }
}

async::Duration ProxyLinks::pause_after(std::uint32_t failures) {
  const async::Duration longest =
      std::min(kLongestPause, kFirstPause * (std::int64_t{1} << std::min(failures, 10U)));
  ByteArray<2> draw = world_.random.array<2>();
  const auto jitter =
      std::to_integer<std::int64_t>(draw[0]) * 256 + std::to_integer<std::int64_t>(draw[1]);
  return longest / 2 + longest / 2 * jitter / 65'535;
}

Task<void> ProxyLinks::keep_linked(std::size_t index) {
  std::uint32_t failures = 0;
  while (!is_draining_) {
    Slot& slot = slots_[index];
    auto dialled =
        co_await world_.dialer.dial(slot.proxy, *slot.serve, world_.clock.in(kDialDeadline));
    if (dialled) {
      const async::TimePoint since = world_.clock.now();
      const std::shared_ptr<ports::Link> link = std::move(dialled).value();
      slot.link = link;
      world_.metrics.set(ports::Gauge::kProxiesAttached, static_cast<std::int64_t>(attached()));
      world_.log.info("worker.proxy_linked",
                      {LogField::endpoint(slot.proxy.host), LogField::port(slot.proxy.port)});
      co_await link->wait_closed();
      slot.link.reset();
      world_.metrics.set(ports::Gauge::kProxiesAttached, static_cast<std::int64_t>(attached()));
      world_.log.info("worker.proxy_lost",
                      {LogField::endpoint(slot.proxy.host), LogField::port(slot.proxy.port)});
      failures = world_.clock.now() - since >= kGoodLink ? 0 : failures + 1;
    } else {
      ++failures;
      world_.log.warn("worker.proxy_unreachable",
                      {LogField::endpoint(slot.proxy.host), LogField::port(slot.proxy.port),
                       LogField::error(dialled.error())});
    }
    if (!is_draining_) co_await world_.clock.sleep_for(pause_after(failures));
  }
}

Task<void> ProxyLinks::drain(ports::Deadline by) {
  is_draining_ = true;
  for (Slot& slot : slots_) {
    // Held here because the loop above lets go of the link as soon as it closes.
    const std::shared_ptr<ports::Link> link = slot.link;
    if (link) co_await link->drain(by);
  }
}

std::size_t ProxyLinks::attached() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(slots_, [](const Slot& slot) { return slot.link != nullptr; }));
}

}  // namespace cocoon::worker
