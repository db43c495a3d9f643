#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "async/clock.h"
#include "ports/world.h"
#include "tee/tsm_files.h"

namespace cocoon::tee {

struct TsmOptions {
  std::filesystem::path path;                      // usually /sys/kernel/config/tsm/report
  std::chrono::milliseconds quote_within{30'000};  // from the request to the quote
  std::chrono::milliseconds retry_every{20};
  std::string entry_prefix = "cocoon";  // entries are <prefix>-<number>
};

// Evidence of the platform through configfs-tsm (Linux, Documentation/ABI/testing/configfs-tsm), of
// TDX and SEV-SNP alike: an entry is made for each quote, the 64 bytes go to its `inblob`, the
// quote comes from its `outblob`, and the entry is removed again. Which of the two it is, the
// entry's `provider` says. On TDX the answer is the quote; on SEV-SNP it is
// docs/formats/snp-evidence.md, of the report and the host's certificates in `auxblob`. An absent
// or empty attribute, and a busy entry, are asked again until the deadline. The entry's
// `generation` must have risen by our one write when everything is read. File operations run on a
// thread of this object's own, since the kernel holds the reader of `outblob` until the platform
// has answered.
class TsmQuoteSource final : public ports::QuoteSource {
 public:
  // `clock` outlives this. Checks nothing yet: the tree may appear later.
  TsmQuoteSource(TsmOptions options, async::Clock& clock);
  // The seam for tests.
  TsmQuoteSource(TsmOptions options, async::Clock& clock, std::unique_ptr<TsmFiles> files);
  ~TsmQuoteSource() override;

  // kUnavailable, kWrongProvider, kTimeout, kConflict, kNoCertificate or kIo.
  [[nodiscard]] ports::Task<Result<Bytes>> quote(ByteArray<64> report_data) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::tee
