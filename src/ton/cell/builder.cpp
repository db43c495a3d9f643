#include "ton/cell/builder.h"

namespace cocoon::ton {

Builder& Builder::bit(bool value) {
  bits_.push_back(value);
  return *this;
}

Builder& Builder::uint(std::uint64_t value, std::size_t bits) {
  bits_.append(BitString::of_number(value, bits));
  return *this;
}

Builder& Builder::bytes(BytesView value) {
  bits_.append(value, 0, value.size() * 8);
  return *this;
}

Builder& Builder::bits(const BitString& value) {
  bits_.append(value);
  return *this;
}

Builder& Builder::ref(CellRef cell) {
  refs_.push_back(std::move(cell));
  return *this;
}

Builder& Builder::maybe_ref(CellRef cell) {
  bit(cell != nullptr);
  return cell != nullptr ? ref(std::move(cell)) : *this;
}

Builder& Builder::coins(NanoTon amount) {
  const auto bytes = static_cast<std::size_t>(std::bit_width(amount.nano()) + 7) / 8;
  return uint(bytes, 4).uint(amount.nano(), bytes * 8);
}

Builder& Builder::rest_of(const Slice& slice) {
  bits(slice.rest_bits());
  for (const CellRef& cell : slice.rest_refs()) ref(cell);
  return *this;
}

Result<CellRef> Builder::build() const {
  return Cell::create(CellForm::kOrdinary, bits_.bytes(), bits_.size(), refs_);
}

}  // namespace cocoon::ton
