#include <algorithm>

#include "base/check.h"
#include "sealed/open_request/open_request.h"
#include "sealed/seal_request/seal_request.h"

using namespace cocoon;
using namespace cocoon::sealed;

namespace {

template <class Tagged>
Tagged filled(unsigned value) {
  ByteArray<Tagged::kSize> bytes;
  bytes.fill(static_cast<std::byte>(value));
  return Tagged(bytes);
}

SecretArray<32> filled_secret(unsigned value) {
  ByteArray<32> bytes;
  bytes.fill(static_cast<std::byte>(value));
  return SecretArray<32>(bytes);
}

// The worker of the vectors' first candidate (tests/data/formats/request.json).
const Kid& my_kid() {
  static const Kid kid = filled<Kid>(0x10);
  return kid;
}
const crypto::X25519KeyPair& my_key() {
  static const auto key = crypto::X25519KeyPair::from_private(filled_secret(0x30));
  return key;
}

void open_raw(BytesView input) {
  const auto parsed = parse_envelope_head(input, EnvelopeKind::kInfer);
  if (!parsed.has_value()) return;
  const auto opened =
      open_request(parsed->head, input.subspan(parsed->bytes_consumed), my_kid(), my_key());
  if (!opened.has_value()) {
    COCOON_CHECK(opened.error().library() == Library::kSealed);
    return;
  }
  COCOON_CHECK(encode_padded(opened->plaintext).has_value());
}

// Input as a body: sealed, it opens to itself; with any of its bytes laid over the envelope, it
// does not open.
void seal_and_open(BytesView input) {
  RequestPlaintext plaintext;
  plaintext.method = "POST";
  plaintext.path = "/v1/embeddings";
  plaintext.body = SecretBytes(to_bytes(input));
  RequestEntropy entropy{.cek = filled_secret(0x60), .ephemeral_keys = {}};
  entropy.ephemeral_keys.push_back(filled_secret(0x40));
  const auto sealed = seal_request({}, plaintext,
                                   {{.kid = my_kid(),
                                     .public_key = my_key().public_key(),
                                     .terms_hash = filled<TermsHash>(0x20)}},
                                   std::move(entropy));
  COCOON_CHECK(sealed.has_value());
  const auto open = [](BytesView envelope) -> Result<OpenedRequest> {
    TRY(const ParsedEnvelopeHead parsed, parse_envelope_head(envelope, EnvelopeKind::kInfer));
    return open_request(parsed.head, envelope.subspan(parsed.bytes_consumed), my_kid(), my_key());
  };
  const auto opened = open(sealed->envelope);
  COCOON_CHECK(opened.has_value() && equal(opened->plaintext.body.expose(), input));

  Bytes changed = sealed->envelope;
  for (std::size_t i = 0; i < std::min(input.size(), changed.size()); ++i) changed[i] ^= input[i];
  COCOON_CHECK(open(changed).has_value() == equal(changed, sealed->envelope));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView input = std::as_bytes(std::span(data, size));
  open_raw(input);
  if (size <= kChunkMax * 3) seal_and_open(input);
  return 0;
}
