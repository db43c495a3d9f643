#pragma once

#include <map>
#include <span>
#include <vector>

#include "attest/intel/collateral.h"
#include "attest/policy.h"

namespace cocoon::attest {

inline constexpr std::size_t kCollateralBytesMax = intel::kCollateralBytesMax;

// Under which root, and of which platform model, Intel's collateral speaks.
struct PlatformModel {
  RootFingerprint root;
  ByteArray<6> fmspc{};
  auto operator<=>(const PlatformModel&) const = default;
};

// The highest tcbEvaluationDataNumber that was seen for a platform model: live verdicts never go
// back behind it.
struct EvaluationFloor {
  PlatformModel model;
  std::uint32_t number = 0;
  bool operator==(const EvaluationFloor&) const = default;
};

struct HeldCollateral {
  intel::VerifiedCollateral verified;
  Bytes json;  // as UnverifiedCollateral::to_json() writes it
  CollateralDigest digest;
};

// Collateral whose signatures hold, one for each platform model: the newest that anyone brought.
// Whoever brings it need not be trusted, since Intel has signed it. A value without a clock;
// bounded whatever is brought.
class CollateralBook {
 public:
  static constexpr std::size_t kModelsMax = 256;
  static constexpr std::size_t kBytesMax = std::size_t{64} * 1024 * 1024;  // of all JSON together
  static constexpr std::size_t kFloorsMax = 1024;

  enum class Admission : std::uint8_t {
    kKept,       // it is the newest of its model now
    kKnownNewer  // what is held is as new in some part: that one stays
  };
  // Verifies the collateral under `roots` and keeps it if nothing of its model is held, or if it is
  // valid at `now` and either no part of it (documents and lists) is older than what is held, or
  // what is held is outside its window. Fails with the verifier's own errors; with kStale if its
  // evaluation number is below the highest one seen of its model; with kCollateral if there is no
  // room for another model.
  [[nodiscard]] Result<Admission> admit(BytesView json, std::span<const RootFingerprint> roots,
                                        UnixSeconds now);

  // nullptr if there is none. Valid until the next admit().
  [[nodiscard]] const HeldCollateral* find(const PlatformModel& model) const;
  [[nodiscard]] const HeldCollateral* find(const CollateralDigest& digest) const;
  [[nodiscard]] std::size_t size() const { return held_.size(); }
  [[nodiscard]] std::vector<CollateralDigest> digests() const;

  // What must outlive the process, so that nobody can turn it back by a restart.
  [[nodiscard]] std::vector<EvaluationFloor> floors() const;
  // Raises floors to these; lower ones change nothing.
  void raise_floors(const std::vector<EvaluationFloor>& floors);

 private:
  [[nodiscard]] bool has_room_for(std::size_t bytes, const HeldCollateral* replaced) const;
  [[nodiscard]] bool has_floor_for(const PlatformModel& model) const;

  std::map<PlatformModel, HeldCollateral> held_;
  std::map<PlatformModel, std::uint32_t> floors_;
  std::size_t bytes_ = 0;
};

// SHA-256 of collateral as it travels.
[[nodiscard]] CollateralDigest collateral_digest(BytesView json);

// Deterministic CBOR (docs/formats/collateral-floors.md).
[[nodiscard]] Bytes encode_floors(const std::vector<EvaluationFloor>& floors);
// kMalformed for anything but what encode_floors() writes.
[[nodiscard]] Result<std::vector<EvaluationFloor>> decode_floors(BytesView cbor);
inline constexpr std::size_t kFloorsBytesMax = 64 * 1024;

}  // namespace cocoon::attest
