#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attest/statement.h"
#include "codec/json.h"

namespace cocoon::attest {

// What was decided of evidence that is no TDX quote.
struct DeviceVerdict {
  std::vector<Error> reasons;  // none: accepted
  codec::Json facts = codec::Json::object();

  [[nodiscard]] bool is_accepted() const { return reasons.empty(); }
  // What `cocoon attest verify --json` prints: verdict, reasons, and the facts, among them whether
  // the signatures hold up to the vendor's root.
  [[nodiscard]] codec::Json to_json() const;
};

// Judges an SEV-SNP report (or docs/formats/snp-evidence.md), an NVIDIA GPU's report, or the list
// of such with their certificates that NVIDIA's tools hand out (docs/formats/gpu-evidence.md) at a
// time, under the vendors' compiled-in roots. `certificates` is PEM or one DER: the VCEK or VLEK,
// its issuers optional; a GPU's five; SNP evidence and lists bring their own. An SNP guest is held
// to what any policy demands of one, without a firmware floor; a GPU to its certificates,
// signature, firmware and mode: what it measures needs golden measurements, and is not judged.
// Nothing if the evidence is of neither kind.
[[nodiscard]] std::optional<DeviceVerdict> judge_device(BytesView evidence, BytesView certificates,
                                                        UnixSeconds at);

}  // namespace cocoon::attest
