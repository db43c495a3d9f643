#pragma once

#include <optional>

#include "base/money.h"
#include "ton/cell/bits.h"
#include "ton/cell/cell.h"

namespace cocoon::ton {

// Takes fields off the front of an ordinary cell; every read is bounds-checked.
class Slice {
 public:
  // kPruned for a pruned branch; kUnknown for any other exotic cell, which is never read as data.
  [[nodiscard]] static Result<Slice> open(CellRef cell);

  [[nodiscard]] std::size_t bits_left() const { return bit_end_ - bit_; }
  [[nodiscard]] std::size_t refs_left() const { return ref_end_ - ref_; }
  [[nodiscard]] bool at_end() const { return bits_left() == 0 && refs_left() == 0; }
  [[nodiscard]] Status expect_end() const;

  [[nodiscard]] Result<bool> load_bit();
  [[nodiscard]] Result<std::uint64_t> load_uint(std::size_t bits);  // at most 64
  template <class Integer>
  [[nodiscard]] Result<Integer> load() {
    TRY(const std::uint64_t value, load_uint(sizeof(Integer) * 8));
    return static_cast<Integer>(value);
  }
  [[nodiscard]] Result<BitString> load_bits(std::size_t count);
  // The next bits as whole bytes, as many as `to` has.
  [[nodiscard]] Status load_bytes(MutableBytesView to);
  template <class Tagged>
  [[nodiscard]] Result<Tagged> load_tagged() {
    ByteArray<Tagged::kSize> bytes;
    TRY_VOID(load_bytes(bytes));
    return Tagged(bytes);
  }
  [[nodiscard]] Result<CellRef> load_ref();
  // Maybe ^Cell, HashmapE: null if the bit is 0.
  [[nodiscard]] Result<CellRef> load_maybe_ref();
  // Fails with kUnknown unless the next bits are this constructor's tag.
  [[nodiscard]] Status expect_tag(std::uint64_t tag, std::size_t bits, const char* what);
  // VarUInteger 16: nanograms$_ amount:(VarUInteger 16) = Grams. kMalformed above NanoTon's range.
  [[nodiscard]] Result<NanoTon> load_coins();

  [[nodiscard]] Status skip(std::size_t bits, std::size_t refs = 0);
  // VarUInteger with a length field of this many bits.
  [[nodiscard]] Status skip_var_uint(std::size_t length_bits);

  // The rest as bits, and as references.
  [[nodiscard]] BitString rest_bits() const;
  [[nodiscard]] std::span<const CellRef> rest_refs() const;
  // The rest as a cell of its own.
  [[nodiscard]] CellRef rest_as_cell() const;

 private:
  explicit Slice(CellRef cell);

  CellRef cell_;
  std::size_t bit_ = 0;
  std::size_t bit_end_;
  std::size_t ref_ = 0;
  std::size_t ref_end_;
};

}  // namespace cocoon::ton
