#pragma once

#include "attest/amd/endorsement.h"
#include "attest/checks.h"

namespace cocoon::attest {

struct JudgedGuest {
  Bytes chip_id;
  bool is_development_root = false;
  UnixSeconds valid_until;  // the last second of the key's certificates
  ImageMatch image;
};

// An SEV-SNP guest whose report has these bytes as REPORT_DATA (docs/formats/snp-evidence.md). In
// this order: kPolicyIncomplete if the policy has no root of AMD's, image or age; kMalformed,
// kUnsupported, kUntrustedRoot, kBadSignature of the evidence; kPlatform for another chip's or
// firmware's key; kBanned; kPlatform for a product that the policy does not name, and for Milan;
// kTcbStatus below its firmware floor; kTdAttributes for a guest that its host may look into;
// kBindingMismatch; kImageNotAllowed.
[[nodiscard]] Result<JudgedGuest> judge_guest(BytesView evidence, const ByteArray<64>& report_data,
                                              const Policy& policy, UnixSeconds now,
                                              amd::EndorsementCache& known);

}  // namespace cocoon::attest
