#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace cocoon {

// What was worked out last, by key, within a bound: when it is full, what came first goes. For
// results that can be worked out again.
template <class Key, class Value>
class RecentMap {
 public:
  explicit RecentMap(std::size_t size_max) : size_max_(size_max) {}

  // nullptr if it is not there. Valid until the next remember().
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  // A key that is there keeps its age.
  void remember(const Key& key, Value value) {
    if (size_max_ == 0) return;
    const auto [place, is_new] = values_.insert_or_assign(key, std::move(value));
    if (!is_new) return;
    oldest_first_.push_back(place);
    if (values_.size() <= size_max_) return;
    values_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

  // `oldest_first_` points into `values_`.
  RecentMap(const RecentMap&) = delete;
  RecentMap& operator=(const RecentMap&) = delete;
  RecentMap(RecentMap&&) noexcept = default;
  RecentMap& operator=(RecentMap&&) noexcept = default;
  ~RecentMap() = default;

 private:
  std::size_t size_max_;
  std::map<Key, Value> values_;
  std::list<typename std::map<Key, Value>::iterator> oldest_first_;
};

}  // namespace cocoon
