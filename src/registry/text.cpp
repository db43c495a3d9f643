#include "registry/text.h"

#include <algorithm>

#include "registry/error.h"

namespace cocoon::registry {
namespace {

constexpr std::size_t kTextBytesMax = 255;

Result<std::string> load_text(ton::Slice& slice) {
  TRY(const auto length, slice.load<std::uint8_t>());
  TRY(const ton::BitString bits, slice.load_bits(std::size_t{length} * 8));
  return std::string(as_text(bits.bytes()));
}

}  // namespace

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::string> load_word(ton::Slice& slice) {
  TRY(std::string text, load_text(slice));
  if (!is_word(text))
    return fail(RegistryError::kBadEntry, "a name that is not printable ASCII without spaces");
  return text;
}

Result<std::string> load_title(ton::Slice& slice) {
  TRY(std::string text, load_text(slice));
  if (!std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }))
    return fail(RegistryError::kBadEntry, "a title that is not printable ASCII");
  return text;
}

Status store_text(ton::Builder& to, std::string_view text) {
  if (text.size() > kTextBytesMax) return fail(RegistryError::kBadEntry, "a text too long");
  to.uint(text.size(), 8).bytes(as_bytes(text));
  return {};
}

}  // namespace cocoon::registry
