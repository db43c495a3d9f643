#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <vector>

#include "base/strong.h"

namespace cocoon::store {

// Where the last entries of a log are. Its memory is taken at once, so that a process that serves
// for long does not look as if it leaked.
class RecentEntries {
 public:
  explicit RecentEntries(std::size_t size_max) : ring_(size_max) { places_.reserve(size_max + 1); }

  // `place` follows the one before. Of two equal entries the later one counts.
  void remember(const ReceiptHash& entry, std::uint64_t place) {
    if (ring_.empty()) return;
    ReceiptHash& oldest = ring_[place % ring_.size()];
    const auto found = places_.find(oldest);
    if (found != places_.end() && found->second + ring_.size() == place) places_.erase(found);
    oldest = entry;
    places_.insert_or_assign(entry, place);
  }
  [[nodiscard]] std::optional<std::uint64_t> find(const ReceiptHash& entry) const {
    const auto found = places_.find(entry);
    if (found == places_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::vector<ReceiptHash> ring_;  // the entry of each place, by its remainder
  boost::unordered_flat_map<ReceiptHash, std::uint64_t, std::hash<ReceiptHash>> places_;
};

}  // namespace cocoon::store
