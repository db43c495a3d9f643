#pragma once

#include "attest/amd/verify.h"

namespace cocoon::attest::amd {

inline constexpr std::size_t kSnpEvidenceBytesMax = 16 * 1024;

// What stands in an evidence bundle where a TDX quote would (docs/formats/snp-evidence.md): the
// report and the certificates above it. AMD's own authorities may be left out.
struct SnpEvidence {
  Bytes report;
  std::vector<Bytes> certificates_der;  // one to three, leaf first

  [[nodiscard]] Bytes encode() const;
  // kMalformed for anything outside the closed schema.
  [[nodiscard]] static Result<SnpEvidence> decode(BytesView cbor);
};

// Whether these bytes begin as encoded SnpEvidence does, where a TDX quote begins with its version.
[[nodiscard]] bool looks_like_snp_evidence(BytesView bytes);

// VCEK or VLEK, ASK and ARK as far as they are in the table that a host hands its guests (AMD
// 56421, GHCB specification §4.1.8.1), leaf first. Entries of other kinds are passed over; without
// a leaf the list is empty.
[[nodiscard]] Result<std::vector<Bytes>> parse_certificate_table(BytesView table);

// Report and key together: decode, EndorsementCache::verify(), verify_report().
[[nodiscard]] Result<VerifiedReport> verify_snp_evidence(
    BytesView cbor, std::span<const crypto::Sha256Digest> roots, UnixSeconds at,
    EndorsementCache& cache);

}  // namespace cocoon::attest::amd
