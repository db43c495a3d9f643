#pragma once

#include <boost/beast/http/fields.hpp>
#include <optional>
#include <string>

#include "ports/http.h"

// Inside this room: the text of HTTP/1.1 messages (RFC 9112).
namespace cocoon::net {

// Appends "name: value" lines, skipping what belongs to one connection (connection,
// transfer-encoding, …). Refuses what is no field: a name that is no token, a value with control
// characters.
[[nodiscard]] Status append_fields(std::string& to, const ports::HttpFields& fields);
[[nodiscard]] bool is_token(std::string_view text);
// Printable, without spaces, and an origin form: "/path?query".
[[nodiscard]] bool is_request_target(std::string_view text);
[[nodiscard]] std::string_view reason_of(int status);
// The value of content-length, if the field is there and a number.
[[nodiscard]] std::optional<std::uint64_t> content_length_of(const ports::HttpFields& fields);
// A parsed message's fields with lower-case names.
[[nodiscard]] ports::HttpFields fields_of(const boost::beast::http::fields& parsed);
// Appends one chunk of the chunked coding.
void append_chunk(Bytes& to, BytesView chunk);
// An OpenAI error object.
[[nodiscard]] std::string error_object(std::string_view message, std::string_view code);

}  // namespace cocoon::net
