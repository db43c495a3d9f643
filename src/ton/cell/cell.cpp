#include "ton/cell/cell.h"

#include <algorithm>

#include "crypto/hash.h"
#include "ton/cell/bits.h"

namespace cocoon::ton {
namespace {

constexpr std::size_t kHashSize = 32;
constexpr std::size_t kDepthSize = 2;

std::uint16_t u16_at(BytesView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bits_at(bytes, at * 8, 16));
}

void push_u16(std::byte*& to, std::uint16_t value) {
  *to++ = static_cast<std::byte>(value >> 8U);
  *to++ = static_cast<std::byte>(value & 0xFFU);
}

std::unexpected<Error> malformed(const char* what) { return fail(TonError::kMalformed, what); }

}  // namespace

Cell::Cell(CellForm form, BytesView data, std::size_t bits, std::span<const CellRef> refs)
    : kind_(form == CellForm::kExotic ? CellKind::kLibrary : CellKind::kOrdinary),
      ref_count_(static_cast<std::uint8_t>(refs.size())),
      bits_(static_cast<std::uint16_t>(bits)) {
  copy_bits(data_, 0, data, 0, bits);
  std::ranges::copy(refs, refs_.begin());
}

Result<CellRef> Cell::create(CellForm form, BytesView data, std::size_t bits,
                             std::span<const CellRef> refs) {
  if (bits > kCellBitsMax || bits > data.size() * 8) {
    return fail(TonError::kLimit, "a cell holds at most 1023 bits");
  }
  if (refs.size() > kCellRefsMax) return fail(TonError::kLimit, "a cell has at most 4 references");
  std::shared_ptr<Cell> cell(new Cell(form, data, bits, refs));
  if (form == CellForm::kExotic) {
    TRY_VOID(cell->settle_exotic());
  } else {
    unsigned mask = 0;
    for (const CellRef& ref : cell->refs()) mask |= ref->mask_.value();
    cell->mask_ = LevelMask(mask);
  }
  TRY_VOID(cell->compute_hashes());
  return cell;
}

CellRef Cell::empty() {
  static const CellRef empty_cell = create(CellForm::kOrdinary, {}, 0, {}).value();
  return empty_cell;
}

Status Cell::settle_exotic() {
  if (bits_ < 8) return malformed("an exotic cell without its type");
  const BytesView data = this->data();
  switch (std::to_integer<unsigned>(data[0])) {
    case 1: {
      if (ref_count_ != 0 || bits_ < 16) return malformed("a pruned branch of the wrong form");
      const LevelMask mask(std::to_integer<unsigned>(data[1]));
      if (std::to_integer<unsigned>(data[1]) - 1U > 6U ||
          bits_ != 16 + mask.hash_index() * (kHashSize + kDepthSize) * 8) {
        return malformed("a pruned branch of the wrong form");
      }
      for (unsigned i = 0; i < mask.hash_index(); ++i) {
        if (u16_at(data, 2 + mask.hash_index() * kHashSize + i * kDepthSize) > kCellDepthMax) {
          return fail(TonError::kLimit, "a pruned branch that is too deep");
        }
      }
      kind_ = CellKind::kPrunedBranch;
      mask_ = mask;
      return {};
    }
    case 2:
      if (ref_count_ != 0 || bits_ != 8 + kHashSize * 8)
        return malformed("a library cell of the wrong form");
      kind_ = CellKind::kLibrary;
      return {};
    case 3:
      if (ref_count_ != 1 || bits_ != 8 + (kHashSize + kDepthSize) * 8) {
        return malformed("a Merkle proof of the wrong form");
      }
      kind_ = CellKind::kMerkleProof;
      mask_ = LevelMask(refs_[0]->mask_.value() >> 1U);
      return check_merkle_child(0, 1);
    case 4:
      if (ref_count_ != 2 || bits_ != 8 + 2 * (kHashSize + kDepthSize) * 8) {
        return malformed("a Merkle update of the wrong form");
      }
      kind_ = CellKind::kMerkleUpdate;
      mask_ = LevelMask((refs_[0]->mask_.value() | refs_[1]->mask_.value()) >> 1U);
      TRY_VOID(check_merkle_child(0, 2));
      return check_merkle_child(1, 2);
    default:
      return fail(TonError::kUnknown, "an exotic cell of an unknown type");
  }
}

// The hashes stand before the depths, each in the order of the children.
Status Cell::check_merkle_child(std::size_t index, std::size_t count) const {
  const BytesView data = this->data();
  const BytesView stated_hash = data.subspan(1 + index * kHashSize, kHashSize);
  const std::uint16_t stated_depth = u16_at(data, 1 + count * kHashSize + index * kDepthSize);
  const Cell& child = *refs_[index];
  if (!equal(stated_hash, child.hash(0).view()) || stated_depth != child.depth(0)) {
    return fail(TonError::kBadProof, "a Merkle cell states another hash than its child has");
  }
  return {};
}

Status Cell::compute_hashes() {
  const bool is_pruned = kind_ == CellKind::kPrunedBranch;
  const unsigned top = mask_.level();
  const CellHash* lower = nullptr;
  if (!is_pruned && top > 0) lower_ = std::make_unique<std::array<LevelHash, 3>>();
  for (unsigned level = 0; level <= top; ++level) {
    if (!mask_.is_significant(level) || (is_pruned && level != top)) continue;
    const LevelHash computed = hash_for(level, lower);
    if (computed.depth > kCellDepthMax) return fail(TonError::kLimit, "cells nest too deep");
    if (level == top) {
      hash_ = computed.hash;
      depth_ = computed.depth;
      break;
    }
    LevelHash& kept = (*lower_)[mask_.up_to(level).hash_index()];
    kept = computed;
    lower = &kept.hash;
  }
  return {};
}

Cell::LevelHash Cell::hash_for(unsigned level, const CellHash* lower) const {
  ByteArray<2 + kCellBytesMax + kCellRefsMax*(kHashSize + kDepthSize)> buffer;
  std::byte* to = buffer.data();
  *to++ = descriptor_1(mask_.up_to(level));
  *to++ = descriptor_2();
  if (lower != nullptr) {
    to = std::ranges::copy(lower->view(), to).out;
  } else {
    to = std::ranges::copy(data(), to).out;
    if (bits_ % 8 != 0) *(to - 1) |= static_cast<std::byte>(0x80U >> (bits_ % 8U));
  }
  const bool is_merkle = kind_ == CellKind::kMerkleProof || kind_ == CellKind::kMerkleUpdate;
  const unsigned child_level = is_merkle ? level + 1 : level;
  unsigned depth = 0;
  for (const CellRef& ref : refs()) {
    const std::uint16_t child_depth = ref->depth(child_level);
    push_u16(to, child_depth);
    depth = std::max(depth, child_depth + 1U);
  }
  for (const CellRef& ref : refs()) to = std::ranges::copy(ref->hash(child_level).view(), to).out;
  const auto size = static_cast<std::size_t>(to - buffer.data());
  return {CellHash(crypto::sha256(BytesView(buffer).first(size))),
          static_cast<std::uint16_t>(depth)};
}

CellHash Cell::hash(unsigned level) const {
  const unsigned index = mask_.up_to(std::min(level, 3U)).hash_index();
  if (index == mask_.hash_index()) return hash_;
  if (kind_ != CellKind::kPrunedBranch) return (*lower_)[index].hash;
  return CellHash::from(data().subspan(2 + index * kHashSize, kHashSize)).value();
}

std::uint16_t Cell::depth(unsigned level) const {
  const unsigned index = mask_.up_to(std::min(level, 3U)).hash_index();
  if (index == mask_.hash_index()) return depth_;
  if (kind_ != CellKind::kPrunedBranch) return (*lower_)[index].depth;
  return u16_at(data(), 2 + mask_.hash_index() * kHashSize + index * kDepthSize);
}

std::byte Cell::descriptor_1(LevelMask mask) const {
  return static_cast<std::byte>(ref_count_ + (form() == CellForm::kExotic ? 8U : 0U) +
                                32U * mask.value());
}

std::byte Cell::descriptor_2() const {
  return static_cast<std::byte>(bits_ / 8U + (bits_ + 7U) / 8U);
}

void Cell::append_tagged_data(Bytes& out) const {
  append(out, data());
  if (bits_ % 8 != 0) out.back() |= static_cast<std::byte>(0x80U >> (bits_ % 8U));
}

}  // namespace cocoon::ton
