#pragma once

#include "attest/statement.h"

namespace cocoon::attest {

inline constexpr std::size_t kEvidenceBytesMax = 256 * 1024;

// Everything a worker hands out to be judged by (docs/formats/evidence.md).
struct EvidenceBundle {
  Bytes statement;      // encoded Statement
  Bytes quote;          // TDX quote as the hardware gave it, or SEV-SNP evidence
  Bytes configuration;  // the worker's configuration bytes
  Bytes gpu_evidence;   // empty without a GPU
  Bytes event_log;      // empty, or CCEL

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<EvidenceBundle> decode(BytesView cbor);
};

// What a bundle's quote, or SEV-SNP evidence in its place, says that it measures: the name that a
// policy which lists it gives it too (docs/formats/image.md). Nothing is verified: for who made the
// quote. kMalformed if it is neither.
[[nodiscard]] Result<ImageHash> measured_image(BytesView quote);

}  // namespace cocoon::attest
