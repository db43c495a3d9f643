#include "net/http2_fields.h"

#include <algorithm>
#include <array>

namespace cocoon::net {

using ports::HttpError;

namespace {

// What a field counts beyond its name and value in SETTINGS_MAX_HEADER_LIST_SIZE (RFC 9113 §6.5.2).
constexpr std::size_t kFieldOverheadBytes = 32;

bool belongs_to_http1(std::string_view name) {
  constexpr std::array<std::string_view, 7> kNames = {
      "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host", "te"};
  return std::ranges::find(kNames, name) != kNames.end();
}

const std::uint8_t* raw(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

bool is_lower_case(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

Status HeaderBlock::push(std::string_view name, std::string_view value) {
  const std::size_t size = name.size() + value.size() + kFieldOverheadBytes;
  if (size > bytes_left_) return fail(HttpError::kTooLarge, "header fields too large");
  bytes_left_ -= size;
  block_.push_back(nghttp2_nv{.name = const_cast<std::uint8_t*>(raw(name)),
                              .value = const_cast<std::uint8_t*>(raw(value)),
                              .namelen = name.size(),
                              .valuelen = value.size(),
                              .flags = NGHTTP2_NV_FLAG_NONE});
  return {};
}

Status HeaderBlock::pseudo(std::string_view name, std::string_view value) {
  if (nghttp2_check_header_value(raw(value), value.size()) == 0) {
    return fail(HttpError::kProtocol, "not a value of a pseudo-header field");
  }
  return push(name, value);
}

Status HeaderBlock::add(const ports::HttpFields& fields) {
  for (const auto& [name, value] : fields) {
    if (belongs_to_http1(name)) continue;
    if (name.starts_with(':') || !is_lower_case(name) ||
        nghttp2_check_header_name(raw(name), name.size()) == 0 ||
        nghttp2_check_header_value(raw(value), value.size()) == 0) {
      return fail(HttpError::kProtocol, "not a header field");
    }
    TRY_VOID(push(name, value));
  }
  return {};
}

}  // namespace cocoon::net
