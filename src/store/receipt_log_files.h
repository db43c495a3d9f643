#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "crypto/keys.h"
#include "ports/receipt_log.h"
#include "store/log_disk.h"

namespace cocoon::store {

// A proxy's log in a folder. A thread of its own appends whatever waits, flushes the disk for all
// of it together, and signs one checkpoint for it: entries that come together share both. Nobody's
// answer waits for that, so it is done at most every so often.
class ReceiptLogFiles final : public ports::ReceiptLog {
 public:
  struct Options {
    std::size_t waiting_max = 100'000;  // entries on their way to the disk
    std::size_t recent_max = 65'536;    // of which prove() knows where they are
    std::chrono::milliseconds append_every{20};
  };
  using Signer = std::shared_ptr<const crypto::Ed25519KeyPair>;
  // Opens what is there, or begins a log. One process at a time.
  [[nodiscard]] static Result<std::unique_ptr<ReceiptLogFiles>> open(
      const std::filesystem::path& folder, Signer proxy, Options options);
  [[nodiscard]] static Result<std::unique_ptr<ReceiptLogFiles>> open(std::unique_ptr<LogDisk> disk,
                                                                     Signer proxy, Options options);
  ~ReceiptLogFiles() override;  // writes what waits

  [[nodiscard]] bool submit(const ReceiptHash& entry) override;
  [[nodiscard]] std::string checkpoint() const override;
  [[nodiscard]] Result<Bytes> tile(const provenance::log::TileId& id) const override;
  [[nodiscard]] Result<provenance::log::LogProof> prove(const ReceiptHash& entry) const override;

 private:
  struct State;
  explicit ReceiptLogFiles(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace cocoon::store
