#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <span>

#include "base/strong.h"
#include "ton/cell/error.h"
#include "ton/cell/limits.h"

namespace cocoon::ton {

using CellHash = Hash256<struct CellHashTag>;

// Which of the levels 1 to 3 a cell has a hash of its own for (bit 0 is level 1): the levels at
// which something below it is pruned.
class LevelMask {
 public:
  constexpr explicit LevelMask(unsigned mask = 0) : mask_(static_cast<std::uint8_t>(mask)) {}
  [[nodiscard]] constexpr unsigned value() const { return mask_; }
  [[nodiscard]] constexpr unsigned level() const {
    return static_cast<unsigned>(std::bit_width(mask_));
  }
  [[nodiscard]] constexpr unsigned hash_count() const { return hash_index() + 1; }
  [[nodiscard]] constexpr unsigned hash_index() const {
    return static_cast<unsigned>(std::popcount(mask_));
  }
  // The part of the mask that the given level sees.
  [[nodiscard]] constexpr LevelMask up_to(unsigned level) const {
    return LevelMask(mask_ & ((1U << level) - 1U));
  }
  [[nodiscard]] constexpr bool is_significant(unsigned level) const {
    return level == 0 || ((mask_ >> (level - 1U)) & 1U) != 0;
  }
  bool operator==(const LevelMask&) const = default;

 private:
  std::uint8_t mask_;
};

enum class CellKind : std::uint8_t {
  kOrdinary,
  kPrunedBranch,  // pruned_branch#01 level_mask:uint8 (hash:bits256)* (depth:uint16)*
  kLibrary,       // library_ref#02 hash:bits256
  kMerkleProof,   // !merkle_proof#03 virtual_hash:bits256 depth:uint16 virtual_root:^X
  kMerkleUpdate,  // !merkle_update#04 old_hash new_hash old_depth new_depth old:^X new:^X
};
enum class CellForm : std::uint8_t { kOrdinary, kExotic };

class Cell;
using CellRef = std::shared_ptr<const Cell>;

// Up to 1023 bits and 4 references, immutable, with all its hashes and depths (TVM whitepaper §3.1;
// level masks as in the reference node's crypto/vm/cells). A Merkle proof or update exists only if
// its children have the hashes and depths it states.
class Cell {
 public:
  // The first `bits` bits of `data`. kLimit over 1023 bits, 4 references or depth 1024; kMalformed
  // for an exotic cell that is not one of the four kinds in its exact form. `refs` are not null.
  [[nodiscard]] static Result<CellRef> create(CellForm form, BytesView data, std::size_t bits,
                                              std::span<const CellRef> refs);
  [[nodiscard]] static CellRef empty();

  [[nodiscard]] CellKind kind() const { return kind_; }
  [[nodiscard]] CellForm form() const {
    return kind_ == CellKind::kOrdinary ? CellForm::kOrdinary : CellForm::kExotic;
  }
  [[nodiscard]] LevelMask level_mask() const { return mask_; }
  [[nodiscard]] std::size_t bits() const { return bits_; }
  // Whole bytes, the unused low bits of the last one zero.
  [[nodiscard]] BytesView data() const { return BytesView(data_).first((bits_ + 7U) / 8U); }
  [[nodiscard]] std::span<const CellRef> refs() const { return std::span(refs_).first(ref_count_); }

  // The representation hash, and the hash that a given level sees. At level 0 a cell of a Merkle
  // proof has the hash that the whole tree's cell has.
  [[nodiscard]] const CellHash& hash() const { return hash_; }
  [[nodiscard]] CellHash hash(unsigned level) const;
  [[nodiscard]] std::uint16_t depth() const { return depth_; }
  [[nodiscard]] std::uint16_t depth(unsigned level) const;

  // The two descriptor bytes of the serialisation (TVM whitepaper §3.1.4), d1 for a level mask.
  [[nodiscard]] std::byte descriptor_1(LevelMask mask) const;
  [[nodiscard]] std::byte descriptor_2() const;
  // The data with its completion tag, as it is hashed and stored, at the end of `out`.
  void append_tagged_data(Bytes& out) const;

 private:
  struct LevelHash {
    CellHash hash;
    std::uint16_t depth = 0;
  };

  Cell(CellForm form, BytesView data, std::size_t bits, std::span<const CellRef> refs);
  [[nodiscard]] Status settle_exotic();
  [[nodiscard]] Status check_merkle_child(std::size_t index, std::size_t count) const;
  [[nodiscard]] Status compute_hashes();
  [[nodiscard]] LevelHash hash_for(unsigned level, const CellHash* lower) const;

  CellKind kind_ = CellKind::kOrdinary;
  LevelMask mask_;
  std::uint8_t ref_count_ = 0;
  std::uint16_t bits_ = 0;
  std::uint16_t depth_ = 0;
  ByteArray<kCellBytesMax> data_{};
  std::array<CellRef, kCellRefsMax> refs_;
  CellHash hash_;
  std::unique_ptr<std::array<LevelHash, 3>>
      lower_;  // of levels below, for unpruned cells that have one
};

}  // namespace cocoon::ton
