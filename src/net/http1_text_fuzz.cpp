#include <algorithm>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <map>

#include "base/check.h"
#include "net/http1_text.h"

// The input is a list of lines: header fields up to an empty one, then chunks of a body. A message
// that is written from them is read back by another parser as the same fields and the same body, so
// no value can end its line.
namespace {

using namespace cocoon;
namespace http = boost::beast::http;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// As a recipient sees a value: without the blanks around it (RFC 9110 §5.5).
std::string_view trimmed(std::string_view value) {
  const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
  value.remove_prefix(begin);
  return value.substr(0, value.find_last_not_of(" \t") + 1);
}

bool is_lower_case(std::string_view name) {
  return std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Values in their order; that of different names does not count (RFC 9110 §5.3).
using FieldsByName = std::map<std::string, std::vector<std::string>>;

FieldsByName by_name(const ports::HttpFields& fields) {
  FieldsByName out;
  for (const auto& field : fields) out[field.name].emplace_back(trimmed(field.value));
  return out;
}

void check_message(const std::string& head, const ports::HttpFields& sent, const Bytes& body,
                   BytesView expected_body) {
  http::response_parser<http::vector_body<char>> parser;
  parser.eager(true);
  parser.header_limit(1U << 20U);
  boost::system::error_code error;
  const std::string message = head + std::string(as_text(body));
  (void)parser.put(boost::asio::buffer(message), error);
  COCOON_CHECK(!error && parser.is_done());
  COCOON_CHECK(equal(std::as_bytes(std::span(parser.get().body())), expected_body));
  FieldsByName read = by_name(net::fields_of(parser.get()));
  COCOON_CHECK(read.erase("transfer-encoding") == 1);
  COCOON_CHECK(read == by_name(sent));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 16 * 1024) return 0;
  const std::string_view text = as_text(std::as_bytes(std::span(data, size)));
  const bool is_target = net::is_request_target(text);
  COCOON_CHECK(!is_target || text.find_first_of("\r\n ") == std::string_view::npos);

  ports::HttpFields fields;
  Bytes expected_body;
  Bytes chunks;
  bool in_body = false;
  for (const std::string_view line : lines_of(text)) {
    if (in_body) {
      if (line.empty()) continue;
      append(expected_body, as_bytes(line));
      net::append_chunk(chunks, as_bytes(line));
    } else if (line.empty()) {
      in_body = true;
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      fields.push_back({std::string(line.substr(0, colon)), std::string(line.substr(colon + 1))});
    }
  }
  append(chunks, as_bytes("0\r\n\r\n"));

  std::string head = "HTTP/1.1 200 OK\r\n";
  if (!net::append_fields(head, fields)) return 0;
  const auto is_not_sent = [](const ports::HttpField& field) {
    std::string one;
    return net::append_fields(one, {field}).has_value() && one.empty();
  };
  std::erase_if(fields, is_not_sent);
  // Its own framing is the server's to write; here it would contradict the chunks.
  const bool has_length = std::ranges::any_of(fields, [](const auto& field) {
    return !is_lower_case(field.name) || field.name == "content-length";
  });
  if (has_length) return 0;
  check_message(head + "transfer-encoding: chunked\r\n\r\n", fields, chunks, expected_body);
  return 0;
}
