#include "apps/cocoon/bench_figures.h"

#include <fmt/format.h>

#include <algorithm>

namespace cocoon::apps {

using codec::Json;

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Json decimal(double value) { return Json::number_text(fmt::format("{:.3f}", value)); }

void Table::show(const Terminal& terminal) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows_) {
    std::string line = "  ";
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                     : fmt::format("  {:>{}}", row[i], widths[i]);
    }
    terminal.text(line);
  }
}

void show(const Terminal& terminal, const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    const std::string text =
        fmt::format("{}: {:.2f}, target at most {:.2f}", target.name, target.value, target.at_most);
    if (target.holds()) {
      terminal.done(text);
    } else {
      terminal.mend(text, "");
    }
  }
}

Json to_json(const std::vector<Target>& targets) {
  Json::Array out;
  for (const Target& target : targets) {
    Json entry = Json::object();
    entry.set("name", Json::string(target.name));
    entry.set("value", decimal(target.value));
    entry.set("at_most", decimal(target.at_most));
    entry.set("holds", Json::boolean(target.holds()));
    out.push_back(std::move(entry));
  }
  return Json::array(std::move(out));
}

}  // namespace cocoon::apps
