#include "sealed/open_request/open_request.h"

#include <utility>

#include "base/reader.h"
#include "hpke/hpke.h"

namespace cocoon::sealed {
namespace {

struct Unwrapped {
  ContentKey cek;
  ResponseSecret response_secret;
};

Result<Unwrapped> unwrap(const RequestHeader& header, const HeaderHash& hash,
                         const Recipient& recipient, const crypto::X25519KeyPair& my_key) {
  Reader data(recipient.data);
  TRY(const auto enc, data.tagged<crypto::X25519PublicKey>());
  const Bytes info = wrap_info(hash, recipient.kid, recipient.terms_hash);
  auto context = hpke::setup_receiver(hpke::AeadId::kAes256Gcm, enc, my_key, info);
  if (!context.has_value()) return fail(SealedError::kOpenFailed, "the wrap's key is unusable");
  auto opened = context->open({}, data.rest());
  if (!opened.has_value()) return fail(SealedError::kOpenFailed, "the wrap does not authenticate");
  const SecretBytes cek_bytes(std::move(*opened));
  TRY(ContentKey cek, ContentKey::copy_of(cek_bytes.expose()));
  if (!constant_time_equal(commit_to(cek).view(), header.cek_commitment.view())) {
    return fail(SealedError::kOpenFailed, "the content key is not the one committed to");
  }
  return Unwrapped{
      .cek = std::move(cek),
      .response_secret = {.kid = recipient.kid,
                          .enc = enc,
                          .secret = context->export_secret<32>(response_exporter_context())}};
}

// Cuts the next chunk off the body; every chunk but the last must be full.
Result<BytesView> take_chunk(Reader& body) {
  TRY(const std::uint32_t length, body.u32());
  if (length <= crypto::kAeadTagSize || length > kChunkMax + crypto::kAeadTagSize) {
    return fail(SealedError::kMalformed, "request body: bad chunk length");
  }
  TRY(const BytesView chunk, body.take(length));
  if (!body.at_end() && length != kChunkMax + crypto::kAeadTagSize) {
    return fail(SealedError::kMalformed, "request body: a chunk before the last is not full");
  }
  return chunk;
}

Status open_chunks(SequenceCipher& cipher, BytesView body_bytes, Bytes& out) {
  Reader body(body_bytes);
  do {
    auto chunk = take_chunk(body);
    if (!chunk.has_value()) {
      if (chunk.error().library() == Library::kSealed) return std::unexpected(chunk.error());
      return fail(SealedError::kMalformed, "request body: truncated");
    }
    TRY_VOID(cipher.open_append(body.at_end() ? Position::kLast : Position::kMiddle, *chunk, out));
  } while (!body.at_end());
  return {};
}

Result<SecretBytes> open_body(SequenceCipher cipher, BytesView body) {
  Bytes buffer;
  buffer.reserve(body.size());  // never moved, so no copy of the plaintext is left behind
  const Status status = open_chunks(cipher, body, buffer);
  SecretBytes padded(std::move(buffer));  // wiped whatever happened
  TRY_VOID(status);
  return padded;
}

}  // namespace

Status check_expiry(const RequestHeader& header, UnixSeconds now) {
  const std::uint64_t expires = header.expires.value();
  if (expires <= now.value()) return fail(SealedError::kExpired, "the request has expired");
  if (expires > std::uint64_t{now.value()} + kValiditySecondsMax) {
    return fail(SealedError::kExpired, "the request would be valid for too long");
  }
  return {};
}

Result<OpenedRequest> open_request(const EnvelopeHead& head, BytesView body, const Kid& my_kid,
                                   const crypto::X25519KeyPair& my_key) {
  if (head.recipients.size() != 1 || head.recipients.front().kid != my_kid) {
    return fail(SealedError::kWrongRecipient, "the request is wrapped for another worker");
  }
  const Recipient& recipient = head.recipients.front();
  if (recipient.mode != WrapMode::kHpke || recipient.data.size() != kHpkeWrapSize) {
    return fail(SealedError::kUnsupported, "only HPKE wraps are served");
  }
  if (body.size() > kBodyBytesMax) return fail(SealedError::kTooLarge, "request body too large");

  const HeaderHash hash = header_hash(head.header);
  TRY(Unwrapped unwrapped, unwrap(head.header, hash, recipient, my_key));
  TRY(SequenceCipher cipher, request_cipher(hash, unwrapped.cek));
  TRY(const SecretBytes padded, open_body(std::move(cipher), body));
  TRY(RequestPlaintext plaintext, decode_padded(padded.expose()));
  return OpenedRequest{.plaintext = std::move(plaintext),
                       .response_secret = std::move(unwrapped.response_secret)};
}

}  // namespace cocoon::sealed
