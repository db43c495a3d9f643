#include "attest/collateral_book.h"

#include <algorithm>
#include <array>

#include "attest/malformed.h"
#include "attest/statement.h"
#include "codec/cbor.h"

namespace cocoon::attest {
namespace {

using codec::Cbor;
using intel::VerifiedCollateral;

constexpr std::uint64_t kFloorsVersion = 1;
constexpr std::int64_t kKeyVersion = 1;
constexpr std::int64_t kKeyFloors = 2;

// What says how new the parts of collateral are. Documents may be issued again under one number.
std::array<std::uint32_t, 6> age_marks(const VerifiedCollateral& collateral) {
  return {collateral.tcb_info().evaluation_number,
          collateral.tcb_info().issued_at.value(),
          collateral.qe_identity().evaluation_number,
          collateral.qe_identity().issued_at.value(),
          collateral.root_list().validity().first.value(),
          collateral.pck_list().validity().first.value()};
}

// Whether no part is older and one is newer. Parts can be put together at will, each with its own
// signature: who mixes new ones with old ones replaces nothing.
bool is_newer(const VerifiedCollateral& offered, const VerifiedCollateral& held) {
  const auto offered_marks = age_marks(offered);
  const auto held_marks = age_marks(held);
  return offered_marks != held_marks &&
         std::ranges::equal(offered_marks, held_marks, std::greater_equal<>());
}

Result<EvaluationFloor> decode_floor(const Cbor& item) {
  TRY(codec::CborFields fields, codec::CborFields::of(item));
  EvaluationFloor out;
  TRY(out.model.root, fields.tagged_bytes<RootFingerprint>(1));
  TRY(const BytesView fmspc, fields.bytes(2));
  if (fmspc.size() != out.model.fmspc.size()) return fail(AttestError::kMalformed, "FMSPC");
  std::ranges::copy(fmspc, out.model.fmspc.begin());
  TRY(const std::uint64_t number, fields.unsigned_integer(3));
  if (number > UINT32_MAX) return fail(AttestError::kMalformed, "number out of range");
  out.number = static_cast<std::uint32_t>(number);
  TRY_VOID(fields.finish());
  return out;
}

Result<std::vector<EvaluationFloor>> decode_all(BytesView cbor) {
  if (cbor.size() > kFloorsBytesMax) return fail(AttestError::kMalformed, "too long");
  TRY(const Cbor root,
      codec::decode_cbor(cbor, {.depth = 4, .items = CollateralBook::kFloorsMax * 8}));
  TRY(codec::CborFields fields, codec::CborFields::of(root));
  TRY(const std::uint64_t version, fields.unsigned_integer(kKeyVersion));
  if (version != kFloorsVersion) return fail(AttestError::kMalformed, "unknown version");
  TRY(const Cbor* const list, fields.required(kKeyFloors));
  TRY_VOID(fields.finish());
  TRY(const Cbor::Array* const items, list->as_array());
  if (items->size() > CollateralBook::kFloorsMax) return fail(AttestError::kMalformed, "too many");
  std::vector<EvaluationFloor> out;
  for (const Cbor& item : *items) {
    TRY(const EvaluationFloor floor, decode_floor(item));
    if (!out.empty() && !(out.back().model < floor.model)) {
      return fail(AttestError::kMalformed, "not in the order of models");
    }
    out.push_back(floor);
  }
  return out;
}

}  // namespace

Result<CollateralBook::Admission> CollateralBook::admit(BytesView json,
                                                        std::span<const RootFingerprint> roots,
                                                        UnixSeconds now) {
  TRY(const intel::UnverifiedCollateral parts, intel::UnverifiedCollateral::parse(json));
  TRY(VerifiedCollateral verified, intel::verify_collateral(parts, roots));
  const PlatformModel model{.root = verified.root(), .fmspc = verified.tcb_info().fmspc};
  const std::uint32_t number = verified.evaluation_number();
  if (const auto floor = floors_.find(model); floor != floors_.end() && number < floor->second) {
    return fail(AttestError::kStale, "rolled-back collateral: its TCB evaluation number is " +
                                         std::to_string(number) + ", and " +
                                         std::to_string(floor->second) + " was seen before");
  }
  const HeldCollateral* const held = find(model);
  if (held != nullptr) {
    const bool is_wanted =
        !held->verified.validity().contains(now) || is_newer(verified, held->verified);
    if (!is_wanted || !verified.validity().contains(now)) return Admission::kKnownNewer;
  }
  const std::string text = parts.to_json();
  if (!has_room_for(text.size(), held) || !has_floor_for(model)) {
    return fail(AttestError::kCollateral, "no room for the collateral of another platform model");
  }
  if (held != nullptr) bytes_ -= held->json.size();
  bytes_ += text.size();
  floors_[model] = number;
  held_.insert_or_assign(model, HeldCollateral{.verified = std::move(verified),
                                               .json = to_bytes(text),
                                               .digest = collateral_digest(as_bytes(text))});
  return Admission::kKept;
}

bool CollateralBook::has_room_for(std::size_t bytes, const HeldCollateral* replaced) const {
  const std::size_t freed = replaced == nullptr ? 0 : replaced->json.size();
  return bytes_ - freed + bytes <= kBytesMax && (replaced != nullptr || held_.size() < kModelsMax);
}

bool CollateralBook::has_floor_for(const PlatformModel& model) const {
  return floors_.size() < kFloorsMax || floors_.contains(model);
}

const HeldCollateral* CollateralBook::find(const PlatformModel& model) const {
  const auto found = held_.find(model);
  return found == held_.end() ? nullptr : &found->second;
}

const HeldCollateral* CollateralBook::find(const CollateralDigest& digest) const {
  const auto found =
      std::ranges::find_if(held_, [&](const auto& entry) { return entry.second.digest == digest; });
  return found == held_.end() ? nullptr : &found->second;
}

std::vector<CollateralDigest> CollateralBook::digests() const {
  std::vector<CollateralDigest> out;
  out.reserve(held_.size());
  for (const auto& [model, held] : held_) out.push_back(held.digest);
  return out;
}

std::vector<EvaluationFloor> CollateralBook::floors() const {
  std::vector<EvaluationFloor> out;
  out.reserve(floors_.size());
  for (const auto& [model, number] : floors_) out.push_back({model, number});
  return out;
}

void CollateralBook::raise_floors(const std::vector<EvaluationFloor>& floors) {
  for (const EvaluationFloor& floor : floors) {
    if (!has_floor_for(floor.model)) return;
    std::uint32_t& number = floors_[floor.model];
    number = std::max(number, floor.number);
  }
}

CollateralDigest collateral_digest(BytesView json) {
  return CollateralDigest(crypto::sha256(json));
}

Bytes encode_floors(const std::vector<EvaluationFloor>& floors) {
  const auto key = [](std::int64_t number) { return Cbor::integer(number); };
  std::vector<EvaluationFloor> sorted = floors;
  std::ranges::sort(sorted, {}, &EvaluationFloor::model);
  Cbor::Array items;
  for (const EvaluationFloor& floor : sorted) {
    items.push_back(Cbor::map({{key(1), Cbor::bytes(floor.model.root.view())},
                               {key(2), Cbor::bytes(floor.model.fmspc)},
                               {key(3), Cbor::unsigned_integer(floor.number)}}));
  }
  return codec::encode_cbor(Cbor::map({{key(kKeyVersion), Cbor::unsigned_integer(kFloorsVersion)},
                                       {key(kKeyFloors), Cbor::array(std::move(items))}}));
}

Result<std::vector<EvaluationFloor>> decode_floors(BytesView cbor) {
  return or_malformed(decode_all(cbor), "collateral floors");
}

}  // namespace cocoon::attest
