#pragma once

#include "attest/statement.h"
#include "codec/json.h"

namespace cocoon::attest {

// What a file of evidence says, whatever kind it is of; nothing in it is verified. Knows TDX quotes
// and evidence bundles (inspect.h), SEV-SNP reports and evidence, event logs (CCEL, dstack's JSON),
// dstack's JSON of a quote with its event log, reports and evidence of NVIDIA GPUs, and the lists
// of {certificate, evidence} that NVIDIA's tools write. Reports and quotes may be hexadecimal text.
// An event log beside a quote is replayed against it, and says what of it is then authenticated.
// kMalformed if it is none of these.
[[nodiscard]] Result<codec::Json> inspect_file_json(BytesView file);

}  // namespace cocoon::attest
