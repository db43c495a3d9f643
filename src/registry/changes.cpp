#include "registry/changes.h"

namespace cocoon::registry {
namespace {

using ton::CellRef;
using ton::Slice;

enum class ChangeTag : std::uint8_t {
  kAddEntry = 1,
  kUnbanPlatform = 2,
  kUnbanProxy = 3,
  kSetParameters = 4,
  kSetOwner = 5,
  kSetGuardian = 6,
  kSetFloor = 7,
};

Result<Change> load_add_entry(Slice& slice) {
  AddEntry out;
  TRY(const auto kind, slice.load<std::uint8_t>());
  if (kind >= kListKinds) return fail(RegistryError::kMalformed, "a list that is not known");
  out.kind = static_cast<ListKind>(kind);
  TRY(out.key, slice.load_tagged<EntryKey>());
  TRY(out.entry, slice.load_ref());
  return out;
}

Result<Change> load_set_parameters(Slice& slice) {
  SetParameters out;
  TRY(CellRef cell, slice.load_ref());
  TRY(Slice inner, Slice::open(std::move(cell)));
  TRY(out.parameters, load_parameters(inner));
  TRY_VOID(inner.expect_end());
  return out;
}

Result<Change> load_change(Slice& slice) {
  TRY(const auto tag, slice.load<std::uint8_t>());
  switch (static_cast<ChangeTag>(tag)) {
    case ChangeTag::kAddEntry:
      return load_add_entry(slice);
    case ChangeTag::kUnbanPlatform: {
      TRY(const EntryKey key, slice.load_tagged<EntryKey>());
      return UnbanPlatform{key};
    }
    case ChangeTag::kUnbanProxy: {
      TRY(const auto key, slice.load_tagged<crypto::Ed25519PublicKey>());
      return UnbanProxy{key};
    }
    case ChangeTag::kSetParameters:
      return load_set_parameters(slice);
    case ChangeTag::kSetOwner: {
      TRY(const ton::Address owner, ton::load_address(slice));
      return SetOwner{owner};
    }
    case ChangeTag::kSetGuardian: {
      TRY(const ton::Address guardian, ton::load_address(slice));
      return SetGuardian{guardian};
    }
    case ChangeTag::kSetFloor: {
      TRY(const auto floor, slice.load<std::uint32_t>());
      return SetFloor{floor};
    }
  }
  return fail(RegistryError::kMalformed, "a change that is not known");
}

}  // namespace

Result<Change> read_change(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY(Change change, load_change(slice));
  TRY_VOID(slice.expect_end());
  return change;
}

}  // namespace cocoon::registry
