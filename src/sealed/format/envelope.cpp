#include "sealed/format/envelope.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "base/reader.h"

namespace cocoon::sealed {
namespace {

constexpr std::string_view kMagic = "CCN1";
constexpr unsigned kShapingMask = 3;

Result<Suite> read_suite(Reader& reader) {
  TRY(const std::uint8_t value, reader.u8());
  switch (static_cast<Suite>(value)) {
    case Suite::kX25519Aes256Gcm:
      return Suite::kX25519Aes256Gcm;
    case Suite::kXWingAes256Gcm:
      return fail(SealedError::kUnsupported, "request suite 2 (X-Wing) is not served yet");
  }
  return fail(SealedError::kUnsupported, "unknown request suite " + std::to_string(value));
}

Result<Shaping> read_flags(Reader& reader) {
  TRY(const std::uint8_t value, reader.u8());
  if ((value & ~kShapingMask) != 0) {
    return fail(SealedError::kUnsupported, "unknown request flags");
  }
  switch (static_cast<Shaping>(value)) {
    case Shaping::kPerChunk:
      return Shaping::kPerChunk;
    case Shaping::kBatched:
    case Shaping::kStrict:
      return fail(SealedError::kUnsupported, "shaping other than per chunk is not served yet");
  }
  return fail(SealedError::kUnsupported, "unknown shaping");
}

Result<RequestHeader> read_header(Reader& reader) {
  TRY(const BytesView magic, reader.take(kMagic.size()));
  if (as_text(magic) != kMagic) {
    return fail(SealedError::kUnsupported, "not a version 1 request envelope");
  }
  RequestHeader header;
  TRY(header.suite, read_suite(reader));
  TRY(header.shaping, read_flags(reader));
  TRY(header.candidate_count, reader.u8());
  if (header.candidate_count == 0 || header.candidate_count > kCandidatesMax) {
    return fail(SealedError::kMalformed, "number of candidates outside 1 … 8");
  }
  TRY(const std::uint8_t reserved, reader.u8());
  if (reserved != 0) return fail(SealedError::kMalformed, "reserved header byte is not zero");
  TRY(header.request_id, reader.tagged<RequestId>());
  TRY(const std::uint32_t expires, reader.u32());
  header.expires = UnixSeconds(expires);
  TRY(header.max_output_tokens, reader.u32());
  TRY(const std::uint64_t nano, reader.u64());
  TRY(header.max_price, NanoTon::from_nano(nano));
  TRY(header.model_hash, reader.tagged<ModelHash>());
  TRY(header.cek_commitment, reader.tagged<CekCommitment>());
  return header;
}

Result<Recipient> read_recipient(Reader& reader) {
  Recipient recipient;
  TRY(recipient.kid, reader.tagged<Kid>());
  TRY(recipient.terms_hash, reader.tagged<TermsHash>());
  TRY(const std::uint8_t mode, reader.u8());
  if (mode == static_cast<std::uint8_t>(WrapMode::kTicket)) {
    return fail(SealedError::kUnsupported, "tickets are not served yet");
  }
  if (mode != static_cast<std::uint8_t>(WrapMode::kHpke)) {
    return fail(SealedError::kUnsupported, "unknown wrap mode " + std::to_string(mode));
  }
  TRY(const std::uint16_t length, reader.u16());
  if (length != kHpkeWrapSize) {
    return fail(SealedError::kMalformed,
                "an HPKE wrap has 80 bytes, not " + std::to_string(length));
  }
  TRY(const BytesView data, reader.take(length));
  recipient.data = to_bytes(data);
  return recipient;
}

// Running out of bytes is this room's kTruncated; any other failure of a field is malformed input.
template <class T>
Result<T> in_our_terms(Result<T> result) {
  if (result.has_value() || result.error().library() == Library::kSealed) return result;
  if (result.error().is(BaseError::kTruncated)) {
    return fail(SealedError::kTruncated, "more bytes of the envelope's head are needed");
  }
  return fail(SealedError::kMalformed, result.error().message());
}

Result<ParsedEnvelopeHead> read_head(BytesView bytes, EnvelopeKind kind) {
  Reader reader(bytes);
  ParsedEnvelopeHead parsed;
  TRY(parsed.head.header, read_header(reader));
  const std::size_t count = kind == EnvelopeKind::kRelay ? parsed.head.header.candidate_count : 1;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(Recipient recipient, read_recipient(reader));
    if (std::ranges::count(parsed.head.recipients, recipient.kid, &Recipient::kid) != 0) {
      return fail(SealedError::kMalformed, "the same recipient twice");
    }
    parsed.head.recipients.push_back(std::move(recipient));
  }
  parsed.bytes_consumed = bytes.size() - reader.remaining();
  return parsed;
}

void write_recipient(Writer& writer, const Recipient& recipient) {
  COCOON_CHECK(recipient.data.size() == kHpkeWrapSize);
  writer.bytes(recipient.kid.view())
      .bytes(recipient.terms_hash.view())
      .u8(static_cast<std::uint8_t>(recipient.mode))
      .u16(static_cast<std::uint16_t>(recipient.data.size()))
      .bytes(recipient.data);
}

}  // namespace

ByteArray<kRequestHeaderSize> RequestHeader::encode() const {
  Writer writer;
  writer.bytes(as_bytes(kMagic))
      .u8(static_cast<std::uint8_t>(suite))
      .u8(static_cast<std::uint8_t>(shaping))
      .u8(candidate_count)
      .u8(0)
      .bytes(request_id.view())
      .u32(expires.value())
      .u32(max_output_tokens)
      .u64(max_price.nano())
      .bytes(model_hash.view())
      .bytes(cek_commitment.view());
  COCOON_CHECK(writer.view().size() == kRequestHeaderSize);
  ByteArray<kRequestHeaderSize> out;
  std::ranges::copy(writer.view(), out.begin());
  return out;
}

Result<RequestHeader> RequestHeader::decode(BytesView bytes) {
  Reader reader(bytes);
  TRY(const RequestHeader header, in_our_terms(read_header(reader)));
  if (!reader.at_end()) return fail(SealedError::kMalformed, "bytes behind the request header");
  return header;
}

Result<ParsedEnvelopeHead> parse_envelope_head(BytesView bytes, EnvelopeKind kind) {
  return in_our_terms(read_head(bytes, kind));
}

Bytes encode_relay_head(const EnvelopeHead& head) {
  COCOON_CHECK(head.recipients.size() == head.header.candidate_count);
  Writer writer;
  writer.bytes(head.header.encode());
  for (const Recipient& recipient : head.recipients) write_recipient(writer, recipient);
  return std::move(writer).take();
}

Bytes encode_infer_head(const RequestHeader& header, const Recipient& recipient) {
  Writer writer;
  writer.bytes(header.encode());
  write_recipient(writer, recipient);
  return std::move(writer).take();
}

}  // namespace cocoon::sealed
