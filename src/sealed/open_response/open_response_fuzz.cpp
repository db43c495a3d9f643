#include <algorithm>

#include "base/check.h"
#include "sealed/open_response/open_response.h"
#include "sealed/seal_response/seal_response.h"

using namespace cocoon;
using namespace cocoon::sealed;

namespace {

template <class Tagged>
Tagged filled(unsigned value) {
  ByteArray<Tagged::kSize> bytes;
  bytes.fill(static_cast<std::byte>(value));
  return Tagged(bytes);
}

// The secrets of tests/data/formats/response.json.
ResponseSecret secret_of(unsigned index) {
  ByteArray<32> secret;
  secret.fill(static_cast<std::byte>(0x90 + index));
  return {.kid = filled<Kid>(0x10 + index),
          .enc = filled<crypto::X25519PublicKey>(0x80 + index),
          .secret = SecretArray<32>(secret)};
}

struct Opened {
  std::vector<std::pair<FrameKind, Bytes>> frames;
  bool is_complete = false;
  bool operator==(const Opened&) const = default;
};

Opened open_in_steps(BytesView stream, std::size_t step) {
  std::vector<ResponseSecret> secrets;
  secrets.reserve(3);
  for (unsigned i = 0; i < 3; ++i) secrets.push_back(secret_of(i));
  ResponseOpener opener(std::move(secrets));
  Opened opened;
  while (!stream.empty()) {
    const BytesView piece = stream.first(std::min(step, stream.size()));
    stream = stream.subspan(piece.size());
    const auto frames = opener.feed(piece);
    if (!frames.has_value()) {
      COCOON_CHECK(frames.error().library() == Library::kSealed);
      COCOON_CHECK(!opener.finish().has_value());
      return opened;
    }
    for (const Frame& frame : *frames) {
      opened.frames.emplace_back(frame.kind, to_bytes(frame.data.expose()));
    }
  }
  opened.is_complete = opener.finish().has_value();
  return opened;
}

// Input as an answer's body in pieces: it comes out whole, and with its own bytes laid over the
// stream never complete.
void seal_and_open(BytesView input, std::size_t step) {
  ResponseSealer sealer = ResponseSealer::create(secret_of(0), filled<ResponseNonce>(0xa0)).value();
  Bytes stream = sealer.header();
  for (BytesView rest = input; !rest.empty();) {
    const BytesView piece = rest.first(std::min(step, rest.size()));
    rest = rest.subspan(piece.size());
    append(stream, sealer.frame(FrameKind::kData, piece).value());
  }
  append(stream, sealer.finish().value());
  const Opened opened = open_in_steps(stream, step);
  Bytes body;
  for (const auto& [kind, data] : opened.frames) append(body, data);
  COCOON_CHECK(opened.is_complete && equal(body, input));

  Bytes changed = stream;
  for (std::size_t i = 0; i < std::min(input.size(), changed.size()); ++i) changed[i] ^= input[i];
  COCOON_CHECK(open_in_steps(changed, step).is_complete == equal(changed, stream));
}

}  // namespace

// First byte: how the rest is cut into pieces, which must not matter to whether a stream is
// accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = std::size_t{data[0]} + 1;
  const BytesView input = std::as_bytes(std::span(data + 1, size - 1));
  const Opened whole = open_in_steps(input, size);
  const Opened pieces = open_in_steps(input, step);
  COCOON_CHECK(whole.is_complete == pieces.is_complete);
  if (whole.is_complete) COCOON_CHECK(whole == pieces);
  if (size <= 4096) seal_and_open(input, step);
  return 0;
}
