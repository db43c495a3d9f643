#pragma once

#include "attest/evidence.h"
#include "codec/json.h"

namespace cocoon::attest {

// What a TDX quote or an evidence bundle says, without judging it, for people: `cocoon attest
// inspect`. Takes either; byte strings come out in lower-case hexadecimal. The member "verified" is
// always false.
[[nodiscard]] Result<codec::Json> inspect_quote_json(BytesView quote_or_bundle);

}  // namespace cocoon::attest
