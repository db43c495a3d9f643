#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cocoon {

// An amount of Toncoin in nano (1e-9), never negative. Arithmetic is checked: what would leave the
// range fails. Range: 0 … 2^63-1 nano, above the coin's total supply of about 5.1e18 nano.
class NanoTon {
 public:
  static constexpr std::uint64_t kMax = (std::uint64_t{1} << 63U) - 1;

  constexpr NanoTon() = default;
  [[nodiscard]] static Result<NanoTon> from_nano(std::uint64_t nano);
  // "0.05", "12", "1.000000001": decimal, at most nine digits after the point, no sign, no
  // exponent.
  [[nodiscard]] static Result<NanoTon> parse(std::string_view decimal);

  [[nodiscard]] constexpr std::uint64_t nano() const { return nano_; }
  // Shortest exact decimal: "0.05".
  [[nodiscard]] std::string decimal() const;

  [[nodiscard]] Result<NanoTon> plus(NanoTon other) const;
  [[nodiscard]] Result<NanoTon> minus(NanoTon other) const;
  [[nodiscard]] Result<NanoTon> times(std::uint64_t factor) const;

  auto operator<=>(const NanoTon&) const = default;

 private:
  constexpr explicit NanoTon(std::uint64_t nano) : nano_(nano) {}
  std::uint64_t nano_ = 0;
};

}  // namespace cocoon
