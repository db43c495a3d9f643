#include "sealed/schedule/plaintext.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "base/reader.h"
#include "codec/cbor.h"
#include "sealed/format/envelope.h"

namespace cocoon::sealed {
namespace {

// The request's CBOR is one fixed shape, {1: method, 2: path, 3: body, 4: [parents]}. It is written
// and read here by hand, so that a body of megabytes is copied once and never into memory that
// nobody wipes.
enum class Major : std::uint8_t { kBytes = 2, kText = 3, kArray = 4, kMap = 5 };
enum class Key : std::uint8_t { kMethod = 1, kPath = 2, kBody = 3, kParents = 4 };
constexpr std::uint64_t kFieldCount = 4;
constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kContentTypeBytesMax = 256;
constexpr std::size_t kMessageBytesMax = 4096;

// Bytes of a CBOR head with this argument in its shortest form (RFC 8949 §4.2.1).
std::size_t head_size(std::uint64_t argument) {
  if (argument < 24) return 1;
  if (argument <= 0xff) return 2;
  if (argument <= 0xffff) return 3;
  return argument <= 0xffffffff ? 5 : 9;
}

void write_head(Bytes& out, Major major, std::uint64_t argument) {
  const std::size_t size = head_size(argument);
  const unsigned high = static_cast<unsigned>(major) << 5U;
  if (size == 1) {
    out.push_back(static_cast<std::byte>(high | static_cast<unsigned>(argument)));
    return;
  }
  // 24, 25, 26, 27 announce 1, 2, 4, 8 bytes.
  const auto information = 24U + static_cast<unsigned>(std::countr_zero(size - 1));
  out.push_back(static_cast<std::byte>(high | information));
  for (std::size_t left = size - 1; left-- > 0;) {
    out.push_back(static_cast<std::byte>((argument >> (8 * left)) & 0xff));
  }
}

void write_string(Bytes& out, Major major, BytesView content) {
  write_head(out, major, content.size());
  append(out, content);
}

void write_key(Bytes& out, Key key) { out.push_back(static_cast<std::byte>(key)); }

std::size_t string_size(std::size_t length) { return head_size(length) + length; }

Result<std::uint64_t> read_head(Reader& reader, Major major) {
  TRY(const std::uint8_t initial, reader.u8());
  if (initial >> 5U != static_cast<unsigned>(major)) {
    return fail(SealedError::kMalformed, "request plaintext: another CBOR type expected");
  }
  std::uint64_t argument = initial & 31U;
  std::size_t size = 1;
  if (argument >= 24) {
    if (argument > 27) return fail(SealedError::kMalformed, "request plaintext: bad CBOR length");
    size = 1 + (std::size_t{1} << (argument - 24));
    TRY(const BytesView bytes, reader.take(size - 1));
    argument = 0;
    for (const std::byte byte : bytes) argument = argument << 8U | std::to_integer<unsigned>(byte);
  }
  if (head_size(argument) != size) {
    return fail(SealedError::kMalformed, "request plaintext: CBOR length not in shortest form");
  }
  return argument;
}

Status read_key(Reader& reader, Key key) {
  TRY(const std::uint8_t found, reader.u8());
  if (found != static_cast<std::uint8_t>(key)) {
    return fail(SealedError::kMalformed, "request plaintext: another key expected");
  }
  return {};
}

Result<BytesView> read_string(Reader& reader, Major major, std::size_t length_max) {
  TRY(const std::uint64_t length, read_head(reader, major));
  if (length > length_max)
    return fail(SealedError::kMalformed, "request plaintext: field too long");
  return reader.take(static_cast<std::size_t>(length));
}

bool is_method(std::string_view text) {
  return !text.empty() && text.size() <= kMethodBytesMax &&
         std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_path(std::string_view text) {
  return text.starts_with('/') && text.size() <= kPathBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

std::size_t bucket_for(std::size_t size) { return std::bit_ceil(std::max(size, kPaddedMin)); }

Result<RequestPlaintext> read_request(BytesView cbor) {
  Reader reader(cbor);
  RequestPlaintext request;
  TRY(const std::uint64_t fields, read_head(reader, Major::kMap));
  if (fields != kFieldCount)
    return fail(SealedError::kMalformed, "request plaintext: not four fields");
  TRY_VOID(read_key(reader, Key::kMethod));
  TRY(const BytesView method, read_string(reader, Major::kText, kMethodBytesMax));
  request.method = as_text(method);
  TRY_VOID(read_key(reader, Key::kPath));
  TRY(const BytesView path, read_string(reader, Major::kText, kPathBytesMax));
  request.path = as_text(path);
  TRY_VOID(read_key(reader, Key::kBody));
  TRY(const BytesView body, read_string(reader, Major::kBytes, kPaddedMax));
  request.body = SecretBytes(to_bytes(body));
  TRY_VOID(read_key(reader, Key::kParents));
  TRY(const std::uint64_t parents, read_head(reader, Major::kArray));
  if (parents > kParentsMax)
    return fail(SealedError::kMalformed, "request plaintext: too many parents");
  for (std::uint64_t i = 0; i < parents; ++i) {
    TRY(const BytesView parent, read_string(reader, Major::kBytes, ReceiptHash::kSize));
    TRY(const ReceiptHash hash, ReceiptHash::from(parent));
    request.parents.push_back(hash);
  }
  TRY_VOID(reader.expect_end());
  if (!is_method(request.method) || !is_path(request.path)) {
    return fail(SealedError::kMalformed, "request plaintext: method or path outside the grammar");
  }
  return request;
}

// A number and a text: the shape of both small response plaintexts.
Bytes encode_pair(std::uint16_t number, std::string_view text) {
  using codec::Cbor;
  return codec::encode_cbor(Cbor::map({
      {Cbor::unsigned_integer(1), Cbor::unsigned_integer(number)},
      {Cbor::unsigned_integer(2), Cbor::text(text)},
  }));
}

Result<std::pair<std::uint16_t, std::string>> read_pair(BytesView cbor) {
  TRY(const codec::Cbor item, codec::decode_cbor(cbor));
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  TRY(const std::uint64_t number, fields.unsigned_integer(1));
  TRY(const std::string_view text, fields.text(2));
  TRY_VOID(fields.finish());
  if (number > 0xffff) return fail(SealedError::kMalformed, "status out of range");
  return std::pair{static_cast<std::uint16_t>(number), std::string(text)};
}

// Failures of the parsers below are this room's kMalformed.
template <class T>
Result<T> as_malformed(Result<T> result, std::string_view what) {
  if (result.has_value() || result.error().library() == Library::kSealed) return result;
  return fail(SealedError::kMalformed, std::string(what) + ": " + result.error().message());
}

}  // namespace

Result<SecretBytes> encode_padded(const RequestPlaintext& request) {
  if (!is_method(request.method)) return fail(SealedError::kBadArgument, "not an HTTP method");
  if (!is_path(request.path)) return fail(SealedError::kBadArgument, "not an absolute HTTP path");
  if (request.parents.size() > kParentsMax) {
    return fail(SealedError::kBadArgument, "too many parent receipts");
  }
  if (request.body.size() > kPaddedMax)
    return fail(SealedError::kTooLarge, "request body too large");
  const std::size_t cbor_size =
      head_size(kFieldCount) + kFieldCount + string_size(request.method.size()) +
      string_size(request.path.size()) + string_size(request.body.size()) +
      head_size(request.parents.size()) + request.parents.size() * string_size(ReceiptHash::kSize);
  const std::size_t padded_size = bucket_for(kLengthSize + cbor_size);
  if (padded_size > kPaddedMax) return fail(SealedError::kTooLarge, "request body too large");

  Bytes out;
  out.reserve(padded_size);  // never moved, so no copy of the plaintext is left behind
  for (std::size_t left = kLengthSize; left-- > 0;) {
    out.push_back(static_cast<std::byte>((cbor_size >> (8 * left)) & 0xff));
  }
  write_head(out, Major::kMap, kFieldCount);
  write_key(out, Key::kMethod);
  write_string(out, Major::kText, as_bytes(request.method));
  write_key(out, Key::kPath);
  write_string(out, Major::kText, as_bytes(request.path));
  write_key(out, Key::kBody);
  write_string(out, Major::kBytes, request.body.expose());
  write_key(out, Key::kParents);
  write_head(out, Major::kArray, request.parents.size());
  for (const ReceiptHash& parent : request.parents) write_string(out, Major::kBytes, parent.view());
  COCOON_CHECK(out.size() == kLengthSize + cbor_size);
  out.resize(padded_size);
  return SecretBytes(std::move(out));
}

Result<RequestPlaintext> decode_padded(BytesView padded) {
  if (padded.size() > kPaddedMax)
    return fail(SealedError::kTooLarge, "request plaintext too large");
  Reader reader(padded);
  TRY(const std::uint32_t length, as_malformed(reader.u32(), "request plaintext"));
  if (length > reader.remaining() || bucket_for(kLengthSize + length) != padded.size()) {
    return fail(SealedError::kMalformed, "request plaintext: not padded to its bucket");
  }
  TRY(const BytesView cbor, reader.take(length));
  if (!std::ranges::all_of(reader.rest(), [](std::byte b) { return b == std::byte{0}; })) {
    return fail(SealedError::kMalformed, "request plaintext: padding is not zero");
  }
  return as_malformed(read_request(cbor), "request plaintext");
}

Bytes ResponseHead::encode() const { return encode_pair(status, content_type); }

Result<ResponseHead> ResponseHead::decode(BytesView cbor) {
  TRY(auto pair, as_malformed(read_pair(cbor), "response head"));
  const auto is_printable = [](char c) { return c >= ' ' && c < '\x7f'; };
  if (pair.first < 100 || pair.first > 599 || pair.second.size() > kContentTypeBytesMax ||
      !std::ranges::all_of(pair.second, is_printable)) {
    return fail(SealedError::kMalformed, "response head outside its grammar");
  }
  return ResponseHead{.status = pair.first, .content_type = std::move(pair.second)};
}

Bytes ResponseFailure::encode() const { return encode_pair(status, message); }

Result<ResponseFailure> ResponseFailure::decode(BytesView cbor) {
  TRY(auto pair, as_malformed(read_pair(cbor), "response failure"));
  if (pair.first < 400 || pair.first > 599 || pair.second.size() > kMessageBytesMax) {
    return fail(SealedError::kMalformed, "response failure outside its grammar");
  }
  return ResponseFailure{.status = pair.first, .message = std::move(pair.second)};
}

}  // namespace cocoon::sealed
