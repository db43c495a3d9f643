#pragma once

#include <sys/resource.h>

#include <csignal>
#include <stdexcept>

namespace cocoon::testing {

// A lower soft limit of this process for as long as it lives. Beyond RLIMIT_FSIZE writing fails
// with EFBIG (the signal that would end the process is ignored meanwhile), beyond RLIMIT_NOFILE
// opening fails with EMFILE.
class ResourceLimit {
 public:
  ResourceLimit(int resource, rlim_t value)
      : resource_(static_cast<__rlimit_resource>(resource)),
        old_action_(std::signal(SIGXFSZ, SIG_IGN)) {
    if (::getrlimit(resource_, &old_) != 0) throw std::runtime_error("no limit to lower");
    const struct rlimit now{.rlim_cur = value, .rlim_max = old_.rlim_max};
    if (::setrlimit(resource_, &now) != 0) throw std::runtime_error("the limit stays as it is");
  }
  ~ResourceLimit() {
    (void)::setrlimit(resource_, &old_);
    (void)std::signal(SIGXFSZ, old_action_);
  }
  ResourceLimit(const ResourceLimit&) = delete;
  ResourceLimit& operator=(const ResourceLimit&) = delete;

 private:
  __rlimit_resource resource_;
  struct rlimit old_{};
  void (*old_action_)(int);
};

}  // namespace cocoon::testing
