#pragma once

#include "base/bytes.h"
#include "crypto/keys.h"
#include "provenance/error.h"

namespace cocoon::provenance {

// What receipts and bills have in common: COSE_Sign1 under tag 18, {alg: -19} alone in the
// protected header, nothing in the unprotected one, and a context in external_aad that tells the
// kinds of documents apart.
[[nodiscard]] Bytes sign_document(BytesView payload, const crypto::Ed25519KeyPair& key,
                                  BytesView context);

// The payload, once everything above holds and the signature verifies.
[[nodiscard]] Result<Bytes> open_document(BytesView document, const crypto::Ed25519PublicKey& key,
                                          BytesView context);

// The payload of a document of this form, whoever signed it.
[[nodiscard]] Result<Bytes> peek_document(BytesView document);

// The same failure as one of this library's: kMalformed unless it is one already.
[[nodiscard]] Error as_malformed(Error error);

}  // namespace cocoon::provenance
