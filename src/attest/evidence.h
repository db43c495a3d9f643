#pragma once

#include "attest/statement.h"

namespace cocoon::attest {

inline constexpr std::size_t kEvidenceBytesMax = 256 * 1024;

// Everything a worker hands out to be judged by (docs/formats/evidence.md).
struct EvidenceBundle {
  Bytes statement;      // encoded Statement
  Bytes quote;          // TDX quote as the hardware gave it
  Bytes configuration;  // the worker's configuration bytes
  Bytes gpu_evidence;   // empty without a GPU
  Bytes event_log;      // empty, or CCEL

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<EvidenceBundle> decode(BytesView cbor);
};

}  // namespace cocoon::attest
