#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>
#include <vector>

#include "ports/http.h"

// Inside this room: header blocks on their way to nghttp2.
namespace cocoon::net {

// A header block that borrows its names and values; what it is made of outlives it.
class HeaderBlock {
 public:
  explicit HeaderBlock(std::size_t bytes_max) : bytes_left_(bytes_max) {}

  [[nodiscard]] Status pseudo(std::string_view name, std::string_view value);
  // Skips what HTTP/2 has no place for (RFC 9113 §8.2.2); refuses what is no field at all.
  [[nodiscard]] Status add(const ports::HttpFields& fields);

  [[nodiscard]] const nghttp2_nv* data() const { return block_.data(); }
  [[nodiscard]] std::size_t size() const { return block_.size(); }

 private:
  [[nodiscard]] Status push(std::string_view name, std::string_view value);

  std::size_t bytes_left_;
  std::vector<nghttp2_nv> block_;
};

}  // namespace cocoon::net
