#include "provenance/log/tile.h"

#include <charconv>

namespace cocoon::provenance::log {
namespace {

constexpr std::string_view kPrefix = "tile/";
constexpr std::string_view kEntries = "entries";
constexpr std::string_view kPartial = ".p/";
constexpr std::size_t kGroupDigits = 3;
constexpr std::size_t kGroupsMax = 7;  // 10^21 tiles hold every size of 64 bits

std::unexpected<Error> not_a_tile() {
  return fail(ProvenanceError::kMalformed, "not the path of a tile");
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, (kGroupDigits - digits.size() % kGroupDigits) % kGroupDigits, '0');
  std::string out;
  for (std::size_t at = 0; at < digits.size(); at += kGroupDigits) {
    if (at > 0) out += '/';
    if (at + kGroupDigits < digits.size()) out += 'x';
    out += digits.substr(at, kGroupDigits);
  }
  return out;
}

// A number as the paths write it; what is not canonical is caught by writing it again.
Result<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return not_a_tile();
  return value;
}

Result<std::uint64_t> ungrouped(std::string_view text) {
  std::string digits;
  for (std::size_t groups = 0;; ++groups) {
    if (groups == kGroupsMax) return not_a_tile();
    const std::size_t slash = text.find('/');
    const bool is_last = slash == std::string_view::npos;
    std::string_view group = text.substr(0, slash);
    if (!is_last) {
      if (!group.starts_with('x')) return not_a_tile();
      group.remove_prefix(1);
    }
    if (group.size() != kGroupDigits) return not_a_tile();
    digits += group;
    if (is_last) return number(digits);
    text.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string TileId::path() const {
  std::string out(kPrefix);
  out += kind == Kind::kEntries ? std::string(kEntries) : std::to_string(level);
  out += '/' + grouped(index);
  if (!is_full()) out += std::string(kPartial) + std::to_string(width);
  return out;
}

Result<TileId> TileId::parse(std::string_view path) {
  const std::string_view whole = path;
  if (!path.starts_with(kPrefix)) return not_a_tile();
  path.remove_prefix(kPrefix.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return not_a_tile();
  TileId id;
  if (path.substr(0, slash) == kEntries) {
    id.kind = Kind::kEntries;
  } else {
    TRY(const std::uint64_t level, number(path.substr(0, slash)));
    if (level > kTileLevelMax) return not_a_tile();
    id.level = static_cast<std::uint8_t>(level);
  }
  path.remove_prefix(slash + 1);
  if (const std::size_t partial = path.find(kPartial); partial != std::string_view::npos) {
    TRY(const std::uint64_t width, number(path.substr(partial + kPartial.size())));
    if (width == 0 || width >= kTileWidth) return not_a_tile();
    id.width = static_cast<std::uint16_t>(width);
    path = path.substr(0, partial);
  }
  TRY(id.index, ungrouped(path));
  if (id.path() != whole) return not_a_tile();
  return id;
}

}  // namespace cocoon::provenance::log
