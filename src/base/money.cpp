#include "base/money.h"

#include <fmt/format.h>

#include "base/bytes.h"

namespace cocoon {
namespace {

constexpr std::uint64_t kNanoPerTon = 1'000'000'000;
constexpr std::size_t kDecimals = 9;

std::unexpected<Error> out_of_range() {
  return fail(BaseError::kOutOfRange, "amount of Toncoin out of range");
}

}  // namespace

Result<NanoTon> NanoTon::from_nano(std::uint64_t nano) {
  if (nano > kMax) return out_of_range();
  return NanoTon(nano);
}

Result<NanoTon> NanoTon::parse(std::string_view decimal) {
  const auto point = decimal.find('.');
  const std::string_view whole = decimal.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view() : decimal.substr(point + 1);
  if (whole.empty() || fraction.size() > kDecimals ||
      (point != std::string_view::npos && fraction.empty())) {
    return fail(BaseError::kBadText, "an amount looks like 12 or 0.05, with at most nine decimals");
  }
  std::string digits(whole);
  digits.append(fraction).append(kDecimals - fraction.size(), '0');
  std::uint64_t nano = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9')
      return fail(BaseError::kBadText, "an amount has digits and one point only");
    if (__builtin_mul_overflow(nano, std::uint64_t{10}, &nano) ||
        __builtin_add_overflow(nano, static_cast<std::uint64_t>(c - '0'), &nano)) {
      return out_of_range();
    }
  }
  return from_nano(nano);
}

std::string NanoTon::decimal() const {
  std::string text = fmt::format("{}.{:09}", nano_ / kNanoPerTon, nano_ % kNanoPerTon);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

Result<NanoTon> NanoTon::plus(NanoTon other) const { return from_nano(nano_ + other.nano_); }

Result<NanoTon> NanoTon::minus(NanoTon other) const {
  if (other.nano_ > nano_) return out_of_range();
  return NanoTon(nano_ - other.nano_);
}

Result<NanoTon> NanoTon::times(std::uint64_t factor) const {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(nano_, factor, &product)) return out_of_range();
  return from_nano(product);
}

}  // namespace cocoon
