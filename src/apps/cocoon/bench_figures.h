#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/cocoon/terminal.h"
#include "codec/json.h"

namespace cocoon::apps {

// What every benchmark needs to give figures: medians, decimals, tables, targets.

// 0 for no values.
[[nodiscard]] double median(std::vector<double> values);
// A figure in JSON, with three decimals.
[[nodiscard]] codec::Json decimal(double value);

// Columns as wide as their widest cell; all but the first are set to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  void show(const Terminal& terminal) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// A figure and the most it may be.
struct Target {
  std::string name;
  double value = 0;
  double at_most = 0;
  [[nodiscard]] bool holds() const { return value <= at_most; }
};
void show(const Terminal& terminal, const std::vector<Target>& targets);
// [{"name", "value", "at_most", "holds"}]
[[nodiscard]] codec::Json to_json(const std::vector<Target>& targets);

}  // namespace cocoon::apps
