#include "sealed/open_response/open_response.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/reader.h"

namespace cocoon::sealed {
namespace {

struct PlainFrame {
  FrameKind kind;
  BytesView data;
};

// A frame that is too short inside is malformed, whatever bytes follow it.
Result<PlainFrame> in_our_terms(Result<PlainFrame> frame) {
  if (frame.has_value() || frame.error().library() == Library::kSealed) return frame;
  return fail(SealedError::kMalformed, "frame: " + frame.error().message());
}

// kind u8 | length u16 | data | zeros
Result<PlainFrame> parse_frame(BytesView plaintext) {
  Reader reader(plaintext);
  TRY(const std::uint8_t kind_byte, reader.u8());
  TRY(const std::uint16_t length, reader.u16());
  if (length > kFrameDataMax || length > reader.remaining()) {
    return fail(SealedError::kMalformed, "frame: bad data length");
  }
  TRY(const BytesView data, reader.take(length));
  if (!std::ranges::all_of(reader.rest(), [](std::byte b) { return b == std::byte{0}; })) {
    return fail(SealedError::kMalformed, "frame: padding is not zero");
  }
  const auto kind = static_cast<FrameKind>(kind_byte);
  switch (kind) {
    case FrameKind::kHead:
    case FrameKind::kData:
    case FrameKind::kReceipt:
    case FrameKind::kError:
      return PlainFrame{kind, data};
    case FrameKind::kPad:
    case FrameKind::kEnd:
      if (!data.empty()) return fail(SealedError::kMalformed, "frame: a pad or end carries data");
      return PlainFrame{kind, data};
    case FrameKind::kTicket:
      return fail(SealedError::kUnsupported, "tickets are not served yet");
  }
  return fail(SealedError::kUnsupported, "frame of an unknown kind");
}

}  // namespace

ResponseOpener::ResponseOpener(std::vector<ResponseSecret> secrets)
    : secrets_(std::move(secrets)) {}

const ResponseSecret* ResponseOpener::answering() const {
  return answering_.has_value() ? &secrets_[*answering_] : nullptr;
}

Result<std::vector<Frame>> ResponseOpener::feed(BytesView bytes) {
  if (state_ == State::kFailed) return fail(SealedError::kClosed, "the answer has failed before");
  append(pending_, bytes);
  std::vector<Frame> frames;
  const Status status = advance(frames);
  if (!status.has_value()) {
    state_ = State::kFailed;
    cipher_.reset();
    pending_.clear();
    return std::unexpected(status.error());
  }
  return frames;
}

Status ResponseOpener::finish() const {
  switch (state_) {
    case State::kEnded:
      return {};
    case State::kFailed:
      return fail(SealedError::kClosed, "the answer has failed before");
    case State::kHeader:
    case State::kFrames:
      break;
  }
  return fail(SealedError::kUnfinished, "the answer stopped before its end");
}

Status ResponseOpener::advance(std::vector<Frame>& frames) {
  BytesView rest = pending_;
  if (state_ == State::kHeader) {
    if (rest.size() < kResponseHeaderSize) return {};
    TRY_VOID(read_header(rest.first(kResponseHeaderSize)));
    rest = rest.subspan(kResponseHeaderSize);
  }
  while (!rest.empty()) {
    if (state_ == State::kEnded) {
      return fail(SealedError::kMalformed, "bytes behind the answer's end");
    }
    Reader reader(rest);
    const auto length = reader.u16();
    if (!length.has_value()) break;
    if (*length < kFrameCiphertextMin || *length > kFrameCiphertextMax) {
      return fail(SealedError::kMalformed, "frame: bad length");
    }
    const auto ciphertext = reader.take(*length);
    if (!ciphertext.has_value()) break;
    TRY_VOID(read_frame(*ciphertext, frames));
    rest = reader.rest();
  }
  pending_.erase(pending_.begin(), pending_.end() - static_cast<std::ptrdiff_t>(rest.size()));
  return {};
}

Status ResponseOpener::read_header(BytesView bytes) {
  TRY(const ResponseHeader header, ResponseHeader::decode(bytes));
  const auto found = std::ranges::find(secrets_, header.kid, &ResponseSecret::kid);
  if (found == secrets_.end()) {
    return fail(SealedError::kWrongRecipient, "the answer comes from a worker that was not asked");
  }
  TRY(cipher_, response_cipher(*found, header.nonce));
  answering_ = static_cast<std::size_t>(found - secrets_.begin());
  state_ = State::kFrames;
  return {};
}

Status ResponseOpener::read_frame(BytesView ciphertext, std::vector<Frame>& frames) {
  COCOON_CHECK(cipher_.has_value());
  Bytes buffer;
  buffer.reserve(ciphertext.size());
  TRY(const Position position, cipher_->open_either_append(ciphertext, buffer));
  const SecretBytes plaintext(std::move(buffer));
  TRY(const PlainFrame frame, in_our_terms(parse_frame(plaintext.expose())));
  if ((frame.kind == FrameKind::kEnd) != (position == Position::kLast)) {
    return fail(SealedError::kMalformed, "frame: only the end frame may be the last");
  }
  if (frame.kind == FrameKind::kEnd) {
    state_ = State::kEnded;
  } else if (frame.kind != FrameKind::kPad) {
    frames.push_back({.kind = frame.kind, .data = SecretBytes(to_bytes(frame.data))});
  }
  return {};
}

}  // namespace cocoon::sealed
