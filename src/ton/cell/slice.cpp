#include "ton/cell/slice.h"

#include "base/check.h"

namespace cocoon::ton {
namespace {

std::unexpected<Error> too_short() {
  return fail(TonError::kMalformed, "a cell that ends too early");
}

}  // namespace

Slice::Slice(CellRef cell)
    : cell_(std::move(cell)), bit_end_(cell_->bits()), ref_end_(cell_->refs().size()) {}

Result<Slice> Slice::open(CellRef cell) {
  if (cell == nullptr) return fail(TonError::kMalformed, "a cell that is not there");
  switch (cell->kind()) {
    case CellKind::kOrdinary:
      return Slice(std::move(cell));
    case CellKind::kPrunedBranch:
      return fail(TonError::kPruned, "the proof leaves out a cell that is needed");
    case CellKind::kLibrary:
    case CellKind::kMerkleProof:
    case CellKind::kMerkleUpdate:
      break;
  }
  return fail(TonError::kUnknown, "an exotic cell where data should be");
}

Status Slice::expect_end() const {
  if (at_end()) return {};
  return fail(TonError::kMalformed, "a cell with more in it than its type has");
}

Result<bool> Slice::load_bit() {
  if (bits_left() < 1) return too_short();
  return bit_at(cell_->data(), bit_++);
}

Result<std::uint64_t> Slice::load_uint(std::size_t bits) {
  COCOON_CHECK(bits <= 64);
  if (bits_left() < bits) return too_short();
  const std::uint64_t value = bits_at(cell_->data(), bit_, bits);
  bit_ += bits;
  return value;
}

Result<BitString> Slice::load_bits(std::size_t count) {
  if (bits_left() < count) return too_short();
  BitString bits;
  bits.append(cell_->data(), bit_, count);
  bit_ += count;
  return bits;
}

Status Slice::load_bytes(MutableBytesView to) {
  if (bits_left() < to.size() * 8) return too_short();
  copy_bits(to, 0, cell_->data(), bit_, to.size() * 8);
  bit_ += to.size() * 8;
  return {};
}

Result<CellRef> Slice::load_ref() {
  if (refs_left() < 1) return too_short();
  return cell_->refs()[ref_++];
}

Result<CellRef> Slice::load_maybe_ref() {
  TRY(const bool is_there, load_bit());
  if (!is_there) return CellRef();
  return load_ref();
}

Status Slice::expect_tag(std::uint64_t tag, std::size_t bits, const char* what) {
  TRY(const std::uint64_t found, load_uint(bits));
  if (found == tag) return {};
  return fail(TonError::kUnknown, std::string("not a known ") + what);
}

Result<NanoTon> Slice::load_coins() {
  TRY(const std::uint64_t length, load_uint(4));
  TRY(const BitString bits, load_bits(length * 8));
  for (std::size_t i = 0; i + 64 < bits.size(); ++i) {
    if (bits[i]) return fail(TonError::kMalformed, "an amount beyond the coin's supply");
  }
  const std::size_t low = std::min<std::size_t>(bits.size(), 64);
  auto amount = NanoTon::from_nano(bits.slice(bits.size() - low, low).number());
  if (!amount) return fail(TonError::kMalformed, "an amount beyond the coin's supply");
  return *amount;
}

Status Slice::skip(std::size_t bits, std::size_t refs) {
  if (bits_left() < bits || refs_left() < refs) return too_short();
  bit_ += bits;
  ref_ += refs;
  return {};
}

Status Slice::skip_var_uint(std::size_t length_bits) {
  TRY(const std::uint64_t length, load_uint(length_bits));
  return skip(length * 8);
}

BitString Slice::rest_bits() const {
  BitString bits;
  bits.append(cell_->data(), bit_, bits_left());
  return bits;
}

std::span<const CellRef> Slice::rest_refs() const {
  return cell_->refs().subspan(ref_, refs_left());
}

CellRef Slice::rest_as_cell() const {
  const BitString bits = rest_bits();
  // A part of a cell keeps its bounds.
  return Cell::create(CellForm::kOrdinary, bits.bytes(), bits.size(), rest_refs()).value();
}

}  // namespace cocoon::ton
