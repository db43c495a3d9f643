#pragma once

#include <memory>
#include <optional>

#include "async/task.h"
#include "attest/collateral_book.h"
#include "base/bytes.h"
#include "base/strong.h"
#include "registry/snapshot.h"

namespace cocoon::ports {

using async::Task;

// Cryptographically secure randomness.
class Random {
 public:
  Random() = default;
  virtual ~Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual void fill(MutableBytesView out) = 0;
  template <std::size_t N>
  [[nodiscard]] ByteArray<N> array() {
    ByteArray<N> out;
    fill(out);
    return out;
  }
};

// The registry as last read. A snapshot is immutable; a newer one replaces it.
class Registry {
 public:
  Registry() = default;
  virtual ~Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  // The snapshot to go by now; the same object until something changed. Fails with the reason while
  // there is none: before the first, and once the last is too old or no longer counts.
  [[nodiscard]] virtual Result<std::shared_ptr<const registry::Snapshot>> current() const = 0;
};

// A masterchain block that statements may name.
struct Block {
  Seqno seqno;
  BlockHash root_hash;
  UnixSeconds generated_at;
};

// Masterchain blocks that were proven (DESIGN: "Freshness").
class ChainHead {
 public:
  ChainHead() = default;
  virtual ~ChainHead() = default;
  ChainHead(const ChainHead&) = delete;
  ChainHead& operator=(const ChainHead&) = delete;
  // The newest block whose seqno is a multiple of the interval (at least 1), which is the
  // registry's parameter.
  [[nodiscard]] virtual Task<Result<Block>> newest_statement_block(std::uint32_t interval) = 0;
  // The proven block of this number; fails if it is unknown or too old to be kept.
  [[nodiscard]] virtual Task<Result<Block>> block(Seqno seqno) = 0;
  // The newest block seen, for the time of the chain.
  [[nodiscard]] virtual Task<Result<Block>> newest_block() = 0;
};

// The machine's confidential-computing hardware.
class QuoteSource {
 public:
  QuoteSource() = default;
  virtual ~QuoteSource() = default;
  QuoteSource(const QuoteSource&) = delete;
  QuoteSource& operator=(const QuoteSource&) = delete;
  // A quote over these 64 bytes.
  [[nodiscard]] virtual Task<Result<Bytes>> quote(ByteArray<64> report_data) = 0;
};

// The machine's confidential GPUs.
class GpuSource {
 public:
  GpuSource() = default;
  virtual ~GpuSource() = default;
  GpuSource(const GpuSource&) = delete;
  GpuSource& operator=(const GpuSource&) = delete;
  // What all of them answer to this nonce, with golden measurements: the `gpu_evidence` of an
  // evidence bundle (docs/formats/gpu-evidence.md).
  [[nodiscard]] virtual Task<Result<Bytes>> evidence(ByteArray<32> nonce) = 0;
};

// What a vendor publishes about this machine's platform model, as somebody put it there. It vouches
// for itself.
class CollateralSource {
 public:
  struct Collateral {
    CollateralDigest digest;  // SHA-256 of `json`
    Bytes json;
  };
  CollateralSource() = default;
  virtual ~CollateralSource() = default;
  CollateralSource(const CollateralSource&) = delete;
  CollateralSource& operator=(const CollateralSource&) = delete;
  // nullptr if there is none.
  [[nodiscard]] virtual std::shared_ptr<const Collateral> current() = 0;
};

// Where verifiers keep what no restart may turn back: the highest evaluation numbers that they have
// seen (attest/collateral_book.h).
class FloorStore {
 public:
  FloorStore() = default;
  virtual ~FloorStore() = default;
  FloorStore(const FloorStore&) = delete;
  FloorStore& operator=(const FloorStore&) = delete;
  [[nodiscard]] virtual const std::vector<attest::EvaluationFloor>& kept() const = 0;
  // Durable when it returns.
  [[nodiscard]] virtual Task<Status> put(std::vector<attest::EvaluationFloor> floors) = 0;
};

// Documents that many answers share, by their SHA-256: evidence, collateral, policies.
using DocumentDigest = Hash256<struct DocumentDigestTag>;
class DocumentStore {
 public:
  DocumentStore() = default;
  virtual ~DocumentStore() = default;
  DocumentStore(const DocumentStore&) = delete;
  DocumentStore& operator=(const DocumentStore&) = delete;
  // Durable when it returns. One that is there already is not written again.
  [[nodiscard]] virtual Task<Status> put(DocumentDigest digest, Bytes document) = 0;
  // What has this digest; nothing if it is not there.
  [[nodiscard]] virtual Task<Result<std::optional<Bytes>>> get(DocumentDigest digest) = 0;
};

// Where a client keeps what it has of its answers, a record for each. No text.
class ReceiptStore {
 public:
  ReceiptStore() = default;
  virtual ~ReceiptStore() = default;
  ReceiptStore(const ReceiptStore&) = delete;
  ReceiptStore& operator=(const ReceiptStore&) = delete;
  // Durable when it returns.
  [[nodiscard]] virtual Task<Status> put(RequestId id, Bytes record) = 0;
  [[nodiscard]] virtual Task<Result<std::optional<Bytes>>> get(RequestId id) = 0;
  // The ids put last, newest first, `count` at most; it may know fewer than it has.
  [[nodiscard]] virtual Task<Result<std::vector<RequestId>>> newest(std::size_t count) = 0;
};

}  // namespace cocoon::ports
