#pragma once

#include <string>

#include "base/strong.h"
#include "provenance/log/proof.h"

namespace cocoon::ports {

// The transparency log that a proxy keeps (docs/formats/log.md). An entry that a checkpoint covers
// is on disk; no checkpoint contradicts another.
class ReceiptLog {
 public:
  ReceiptLog() = default;
  virtual ~ReceiptLog() = default;
  ReceiptLog(const ReceiptLog&) = delete;
  ReceiptLog& operator=(const ReceiptLog&) = delete;

  // Takes an entry on its way, without waiting; false if too many are on it, or the disk failed.
  [[nodiscard]] virtual bool submit(const ReceiptHash& entry) = 0;
  // The newest signed one.
  [[nodiscard]] virtual std::string checkpoint() const = 0;
  // kNotThere if the newest checkpoint covers no such tile.
  [[nodiscard]] virtual Result<Bytes> tile(const provenance::log::TileId& id) const = 0;
  // Under the newest checkpoint; kNotThere if the entry is not there yet, or not one of the newest.
  [[nodiscard]] virtual Result<provenance::log::LogProof> prove(const ReceiptHash& entry) const = 0;
};

}  // namespace cocoon::ports
