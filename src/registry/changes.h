#pragma once

#include <variant>

#include "registry/contract.h"

// What governance proposed and what waits for its time (docs/formats/registry.md, "Changes").
namespace cocoon::registry {

struct AddEntry {
  ListKind kind = ListKind::kImages;
  EntryKey key;
  ton::CellRef entry;  // unread
};
struct UnbanPlatform {
  EntryKey key;
};
struct UnbanProxy {
  crypto::Ed25519PublicKey key;
};
struct SetParameters {
  ContractParameters parameters;
};
struct SetOwner {
  ton::Address owner;
};
struct SetGuardian {
  ton::Address guardian;
};
struct SetFloor {
  std::uint32_t evaluation_number_min = 0;
};
using Change = std::variant<AddEntry, UnbanPlatform, UnbanProxy, SetParameters, SetOwner,
                            SetGuardian, SetFloor>;

// kMalformed for a change that is not known.
[[nodiscard]] Result<Change> read_change(const ton::CellRef& cell);

}  // namespace cocoon::registry
