#pragma once

#include "ports/world.h"
#include "tee/tsm_entries.h"

namespace cocoon::tee {

// Evidence of the platform through configfs-tsm, of TDX and SEV-SNP alike; which of the two it is,
// the tree's provider says. On TDX the answer is the quote; on SEV-SNP it is
// docs/formats/snp-evidence.md, of the report and the host's certificates in `auxblob`.
class TsmQuoteSource final : public ports::QuoteSource {
 public:
  // `clock` outlives this. Checks nothing yet: the tree may appear later.
  TsmQuoteSource(TsmOptions options, async::Clock& clock)
      : TsmQuoteSource(std::move(options), clock, make_real_tsm_files()) {}
  // The seam for tests.
  TsmQuoteSource(TsmOptions options, async::Clock& clock, std::unique_ptr<TsmFiles> files)
      : entries_(std::move(options), clock, std::move(files)) {}

  // What TsmEntries::ask() fails with, and kNoCertificate.
  [[nodiscard]] ports::Task<Result<Bytes>> quote(ByteArray<64> report_data) override;

 private:
  TsmEntries entries_;
};

}  // namespace cocoon::tee
