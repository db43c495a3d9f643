#pragma once

#include <vector>

#include "base/money.h"
#include "ton/cell/slice.h"

namespace cocoon::ton {

// Makes an ordinary cell. What does not fit is remembered and told by build().
class Builder {
 public:
  Builder& bit(bool value);
  Builder& uint(std::uint64_t value, std::size_t bits);  // the low `bits` bits, at most 64
  Builder& bytes(BytesView value);
  Builder& bits(const BitString& value);
  Builder& ref(CellRef cell);
  Builder& maybe_ref(CellRef cell);  // Maybe ^Cell: null for nothing
  Builder& coins(NanoTon amount);    // VarUInteger 16
  Builder& rest_of(const Slice& slice);

  [[nodiscard]] std::size_t bits_used() const { return bits_.size(); }
  [[nodiscard]] std::size_t refs_used() const { return refs_.size(); }
  // kLimit if more was put in than a cell holds.
  [[nodiscard]] Result<CellRef> build() const;

 private:
  BitString bits_;
  std::vector<CellRef> refs_;
};

}  // namespace cocoon::ton
