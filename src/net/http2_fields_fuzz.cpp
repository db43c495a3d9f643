#include <cstdint>
#include <memory>

#include "base/check.h"
#include "net/http2_fields.h"

// The input is a list of lines "name:value". A header block that is made of them comes out of HPACK
// (RFC 7541) as the fields that HTTP/2 has a place for, in their order, and within its bound.
namespace {

using namespace cocoon;

constexpr std::size_t kBytesMax = 4096;

ports::HttpFields fields_of(std::string_view text) {
  ports::HttpFields fields;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = line.find(':', 1);
    if (colon != std::string_view::npos)
      fields.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 1))});
  }
  return fields;
}

ports::HttpFields through_hpack(const net::HeaderBlock& block) {
  nghttp2_hd_deflater* raw_deflater = nullptr;
  nghttp2_hd_inflater* raw_inflater = nullptr;
  COCOON_CHECK(nghttp2_hd_deflate_new(&raw_deflater, 4096) == 0);
  COCOON_CHECK(nghttp2_hd_inflate_new(&raw_inflater) == 0);
  const std::unique_ptr<nghttp2_hd_deflater, decltype(&nghttp2_hd_deflate_del)> deflater(
      raw_deflater, nghttp2_hd_deflate_del);
  const std::unique_ptr<nghttp2_hd_inflater, decltype(&nghttp2_hd_inflate_del)> inflater(
      raw_inflater, nghttp2_hd_inflate_del);
  std::vector<std::uint8_t> packed(
      nghttp2_hd_deflate_bound(deflater.get(), block.data(), block.size()) + 1);
  const ssize_t length = nghttp2_hd_deflate_hd(deflater.get(), packed.data(), packed.size(),
                                               block.data(), block.size());
  COCOON_CHECK(length >= 0);

  ports::HttpFields fields;
  const std::uint8_t* at = packed.data();
  auto left = static_cast<std::size_t>(length);
  for (;;) {
    nghttp2_nv field{};
    int flags = 0;
    const ssize_t used =
        nghttp2_hd_inflate_hd2(inflater.get(), &field, &flags, at, left, 1 /* no more follows */);
    COCOON_CHECK(used >= 0);
    at += used;
    left -= static_cast<std::size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      fields.push_back({std::string(reinterpret_cast<const char*>(field.name), field.namelen),
                        std::string(reinterpret_cast<const char*>(field.value), field.valuelen)});
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0 || (used == 0 && left == 0)) break;
  }
  return fields;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ports::HttpFields fields = fields_of(as_text(std::as_bytes(std::span(data, size))));
  net::HeaderBlock block(kBytesMax);
  if (!block.add(fields)) return 0;
  const ports::HttpFields read = through_hpack(block);
  COCOON_CHECK(read.size() == block.size() && read.size() <= fields.size());
  std::size_t bytes = 0;
  std::size_t next = 0;
  for (const ports::HttpField& field : read) {
    bytes += field.name.size() + field.value.size();
    while (next < fields.size() && fields[next].name != field.name) ++next;  // left out: HTTP/1's
    COCOON_CHECK(next < fields.size() && fields[next].value == field.value);
    ++next;
    COCOON_CHECK(!field.name.starts_with(':') &&
                 field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
  }
  COCOON_CHECK(bytes <= kBytesMax);
  return 0;
}
