#include "net/http1_text.h"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>

namespace cocoon::net {
namespace {

bool belongs_to_connection(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames = {
      "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"};
  return std::ranges::find(kNames, name) != kNames.end();
}

bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_request_target(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte > 0x20 && byte != 0x7f;
         });
}

Status append_fields(std::string& to, const ports::HttpFields& fields) {
  for (const auto& [name, value] : fields) {
    if (!is_token(name) || !is_field_value(value))
      return fail(ports::HttpError::kProtocol, "not a header field");
    if (belongs_to_connection(name)) continue;
    to.append(name).append(": ").append(value).append("\r\n");
  }
  return {};
}

std::string_view reason_of(int status) {
  const auto text =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

std::optional<std::uint64_t> content_length_of(const ports::HttpFields& fields) {
  const std::string_view text = ports::find_field(fields, "content-length");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return length;
}

ports::HttpFields fields_of(const boost::beast::http::fields& parsed) {
  ports::HttpFields fields;
  for (const auto& field : parsed) {
    const auto name = field.name_string();
    const auto value = field.value();
    std::string lowered(name.data(), name.size());
    std::ranges::transform(lowered, lowered.begin(), lower);
    fields.push_back(
        {.name = std::move(lowered), .value = std::string(value.data(), value.size())});
  }
  return fields;
}

void append_chunk(Bytes& to, BytesView chunk) {
  std::array<char, 20> size{};
  const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), chunk.size(), 16);
  append(to, as_bytes(std::string_view(size.data(), end)));
  append(to, as_bytes("\r\n"));
  append(to, chunk);
  append(to, as_bytes("\r\n"));
}

std::string error_object(std::string_view message, std::string_view code) {
  return R"({"error":{"message":")" + std::string(message) +
         R"(","type":"invalid_request_error","param":null,"code":")" + std::string(code) + "\"}}";
}

}  // namespace cocoon::net
