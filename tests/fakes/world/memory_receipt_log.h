#pragma once

#include <vector>

#include "crypto/keys.h"
#include "ports/receipt_log.h"

namespace cocoon::fakes {

// A log in memory that has every entry at once.
class MemoryReceiptLog final : public ports::ReceiptLog {
 public:
  explicit MemoryReceiptLog(crypto::Ed25519KeyPair proxy = crypto::Ed25519KeyPair::from_seed(
                                SecretArray<32>::copy_of(Bytes(32, std::byte{21})).value()))
      : signer_(std::move(proxy)) {}

  [[nodiscard]] bool submit(const ReceiptHash& entry) override;
  [[nodiscard]] std::string checkpoint() const override;
  [[nodiscard]] Result<Bytes> tile(const provenance::log::TileId& id) const override;
  [[nodiscard]] Result<provenance::log::LogProof> prove(const ReceiptHash& entry) const override;

  [[nodiscard]] const std::vector<ReceiptHash>& entries() const { return entries_; }
  [[nodiscard]] const crypto::Ed25519PublicKey& key() const { return signer_.public_key(); }
  enum class Disk : std::uint8_t { kHealthy, kBroken };
  void set_disk(Disk disk) { disk_ = disk; }

 private:
  crypto::Ed25519KeyPair signer_;
  Disk disk_ = Disk::kHealthy;
  std::vector<ReceiptHash> entries_;
  std::vector<provenance::MerkleHash> leaves_;
};

}  // namespace cocoon::fakes
