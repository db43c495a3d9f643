#include "wire/directory.h"

#include <limits>

#include "codec/cbor.h"

namespace cocoon::wire {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr std::uint64_t kVersion = 2;

Cbor number(std::int64_t value) { return Cbor::integer(value); }

// Every map here starts with key 0, the version.
Status expect_version(CborFields& fields) {
  TRY(const std::uint64_t version, fields.unsigned_integer(0));
  if (version != kVersion) return fail(WireError::kMalformed, "unknown version");
  return {};
}

template <class Integer>
Result<Integer> bounded(CborFields& fields, std::int64_t key) {
  TRY(const std::uint64_t value, fields.unsigned_integer(key));
  if (value > std::numeric_limits<Integer>::max()) {
    return fail(WireError::kMalformed, "number out of range");
  }
  return static_cast<Integer>(value);
}

// A digest, or empty bytes for none.
Cbor encode_digest(const std::optional<CollateralDigest>& digest) {
  return Cbor::bytes(digest ? digest->view() : BytesView());
}

Result<std::optional<CollateralDigest>> decode_digest(CborFields& fields, std::int64_t key) {
  TRY(const BytesView bytes, fields.bytes(key));
  if (bytes.empty()) return std::nullopt;
  TRY(const CollateralDigest digest, CollateralDigest::from(bytes));
  return digest;
}

Result<DirectoryEntry> decode_entry(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  DirectoryEntry entry;
  TRY(entry.kid, fields.tagged_bytes<Kid>(0));
  TRY(entry.model_hash, fields.tagged_bytes<ModelHash>(1));
  TRY(entry.terms_hash, fields.tagged_bytes<TermsHash>(2));
  TRY(entry.busy_permille, bounded<std::uint16_t>(fields, 3));
  TRY(entry.collateral, decode_digest(fields, 4));
  TRY_VOID(fields.finish());
  return entry;
}

}  // namespace

Bytes Directory::encode() const {
  Cbor::Array items;
  items.reserve(entries.size());
  for (const DirectoryEntry& entry : entries) {
    items.push_back(Cbor::map({{number(0), Cbor::bytes(entry.kid.view())},
                               {number(1), Cbor::bytes(entry.model_hash.view())},
                               {number(2), Cbor::bytes(entry.terms_hash.view())},
                               {number(3), Cbor::unsigned_integer(entry.busy_permille)},
                               {number(4), encode_digest(entry.collateral)}}));
  }
  return codec::encode_cbor(Cbor::map(
      {{number(0), Cbor::unsigned_integer(kVersion)}, {number(1), Cbor::array(std::move(items))}}));
}

Result<Directory> Directory::decode(BytesView cbor) {
  TRY(const Cbor root, codec::decode_cbor(cbor, {.depth = 4, .items = kDirectoryEntriesMax * 12}));
  TRY(CborFields fields, CborFields::of(root));
  TRY_VOID(expect_version(fields));
  TRY(const Cbor* const list, fields.required(1));
  TRY_VOID(fields.finish());
  TRY(const Cbor::Array* const items, list->as_array());
  if (items->size() > kDirectoryEntriesMax)
    return fail(WireError::kMalformed, "directory too long");
  Directory directory;
  directory.entries.reserve(items->size());
  for (const Cbor& item : *items) {
    TRY(const DirectoryEntry entry, decode_entry(item));
    directory.entries.push_back(entry);
  }
  return directory;
}

Bytes LoadReport::encode() const {
  Cbor::Array items;
  for (const Kid& kid : kids) items.push_back(Cbor::bytes(kid.view()));
  return codec::encode_cbor(
      Cbor::map({{number(0), Cbor::unsigned_integer(kVersion)},
                 {number(1), Cbor::array(std::move(items))},
                 {number(2), Cbor::unsigned_integer(static_cast<std::uint8_t>(intake))},
                 {number(3), Cbor::unsigned_integer(places)},
                 {number(4), Cbor::unsigned_integer(occupied)},
                 {number(5), encode_digest(collateral)}}));
}

Result<LoadReport> LoadReport::decode(BytesView cbor) {
  TRY(const Cbor root, codec::decode_cbor(cbor, {.depth = 4, .items = 64}));
  TRY(CborFields fields, CborFields::of(root));
  TRY_VOID(expect_version(fields));
  TRY(const Cbor* const list, fields.required(1));
  LoadReport report;
  TRY(const std::uint8_t intake, bounded<std::uint8_t>(fields, 2));
  TRY(report.places, bounded<std::uint32_t>(fields, 3));
  TRY(report.occupied, bounded<std::uint32_t>(fields, 4));
  TRY(report.collateral, decode_digest(fields, 5));
  TRY_VOID(fields.finish());
  if (intake > static_cast<std::uint8_t>(Intake::kClosed)) {
    return fail(WireError::kMalformed, "unknown intake state");
  }
  report.intake = static_cast<Intake>(intake);
  TRY(const Cbor::Array* const items, list->as_array());
  if (items->size() > kKidsPerWorkerMax) return fail(WireError::kMalformed, "too many keys");
  for (const Cbor& item : *items) {
    TRY(const BytesView bytes, item.as_bytes());
    TRY(const Kid kid, Kid::from(bytes));
    report.kids.push_back(kid);
  }
  return report;
}

}  // namespace cocoon::wire
