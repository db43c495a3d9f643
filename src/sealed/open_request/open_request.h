#pragma once

#include "crypto/keys.h"
#include "sealed/format/envelope.h"
#include "sealed/schedule/keys.h"
#include "sealed/schedule/plaintext.h"

namespace cocoon::sealed {

// now < expires ≤ now + kValiditySecondsMax, else kExpired.
[[nodiscard]] Status check_expiry(const RequestHeader& header, UnixSeconds now);

struct OpenedRequest {
  RequestPlaintext plaintext;
  ResponseSecret response_secret;
};

// Opens the envelope that a proxy forwarded: `head` was parsed as EnvelopeKind::kInfer, `body` is
// everything behind it. The caller has checked voucher, expiry, replay, terms and model before:
// this is the costly part (one X25519). kWrongRecipient if it was wrapped for another kid,
// kOpenFailed if wrap, commitment or any chunk does not authenticate.
[[nodiscard]] Result<OpenedRequest> open_request(const EnvelopeHead& head, BytesView body,
                                                 const Kid& my_kid,
                                                 const crypto::X25519KeyPair& my_key);

}  // namespace cocoon::sealed
