#pragma once

#include "base/result.h"

namespace cocoon::provenance {

enum class ProvenanceError : std::uint16_t {
  kMalformed = 1,           // not the format, or fields that contradict each other
  kUnsupportedVersion = 2,  // a version that this code does not know
  kBadSignature =
      3,         // not signed by the key it was checked against, or not as this kind of document
  kLimit = 4,    // more runs, chunks or parents than the format or the caller allows
  kNotText = 5,  // an answer's text that is not UTF-8
  kProofMismatch = 6,  // a proof that does not lead to the root
  kNotThere = 7,       // what the log does not hold (yet)
};
constexpr Library library_of(ProvenanceError) { return Library::kProvenance; }

}  // namespace cocoon::provenance
