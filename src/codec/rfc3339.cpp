#include "codec/rfc3339.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace cocoon::codec {
namespace {

std::unexpected<Error> malformed() {
  return fail(CodecError::kMalformed, "not a moment by RFC 3339, such as 2025-07-04T10:16:31Z");
}

// Takes digits and marks off the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool take(char mark) {
    if (rest_.empty() || rest_.front() != mark) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool take_number(std::size_t digits, int& out) {
    if (rest_.size() < digits) return false;
    out = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }
  [[nodiscard]] bool take_fraction() {
    if (!take('.')) return true;
    int digit = 0;
    if (!take_number(1, digit)) return false;
    while (take_number(1, digit)) {
    }
    return true;
  }

 private:
  std::string_view rest_;
};

// The offset from UTC in minutes.
bool take_offset(Scanner& in, int& minutes) {
  minutes = 0;
  if (in.take('Z') || in.take('z')) return true;
  const bool is_negative = in.take('-');
  if (!is_negative && !in.take('+')) return false;
  int hour = 0;
  int minute = 0;
  if (!in.take_number(2, hour) || !in.take(':') || !in.take_number(2, minute)) return false;
  if (hour > 23 || minute > 59) return false;
  minutes = (hour * 60 + minute) * (is_negative ? -1 : 1);
  return true;
}

}  // namespace

Result<UnixSeconds> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int offset_minutes = 0;
  const bool read = in.take_number(4, year) && in.take('-') && in.take_number(2, month) &&
                    in.take('-') && in.take_number(2, day) && (in.take('T') || in.take('t')) &&
                    in.take_number(2, hour) && in.take(':') && in.take_number(2, minute) &&
                    in.take(':') && in.take_number(2, second) && in.take_fraction() &&
                    take_offset(in, offset_minutes) && in.at_end();
  if (!read || hour > 23 || minute > 59 || second > 59) return malformed();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return malformed();
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = ((days * 24 + hour) * 60 + minute - offset_minutes) * 60 + second;
  if (seconds < 0 || seconds > std::numeric_limits<std::uint32_t>::max()) return malformed();
  return UnixSeconds(static_cast<std::uint32_t>(seconds));
}

std::string write_rfc3339(UnixSeconds at) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(at.value())};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{moment - day};
  const auto two = [](auto number) {
    const std::string text = std::to_string(number);
    return text.size() < 2 ? "0" + text : text;
  };
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two(static_cast<unsigned>(date.month())) + "-" + two(static_cast<unsigned>(date.day())) +
         "T" + two(time.hours().count()) + ":" + two(time.minutes().count()) + ":" +
         two(time.seconds().count()) + "Z";
}

}  // namespace cocoon::codec
