#include "base/check.h"
#include "codec/cbor.h"

namespace cocoon::codec {

Result<CborFields> CborFields::of(const Cbor& map) {
  TRY(const Cbor::Map* entries, map.as_map());
  return CborFields(entries);
}

const Cbor* CborFields::optional(std::int64_t key) {
  const Cbor wanted = Cbor::integer(key);
  for (std::size_t i = 0; i < entries_->size(); ++i) {
    if ((*entries_)[i].first == wanted) {
      COCOON_CHECK(!taken_[i]);
      taken_[i] = true;
      return &(*entries_)[i].second;
    }
  }
  return nullptr;
}

Result<const Cbor*> CborFields::required(std::int64_t key) {
  if (const Cbor* value = optional(key)) return value;
  return fail(CodecError::kMissingKey, "CBOR map lacks field " + std::to_string(key));
}

Status CborFields::finish() const {
  for (const bool taken : taken_) {
    if (!taken) return fail(CodecError::kUnknownKey, "CBOR map with an unknown field");
  }
  return {};
}

namespace {

// Names the field in the failure of one of its typed views.
template <class T>
Result<T> in_field(std::int64_t key, Result<T> value) {
  if (value) return value;
  return std::unexpected(std::move(value).error().with_context("field " + std::to_string(key)));
}

}  // namespace

Result<std::uint64_t> CborFields::unsigned_integer(std::int64_t key) {
  TRY(const Cbor* value, required(key));
  return in_field(key, value->as_unsigned());
}
Result<std::int64_t> CborFields::integer(std::int64_t key) {
  TRY(const Cbor* value, required(key));
  return in_field(key, value->as_integer());
}
Result<BytesView> CborFields::bytes(std::int64_t key) {
  TRY(const Cbor* value, required(key));
  return in_field(key, value->as_bytes());
}
Result<std::string_view> CborFields::text(std::int64_t key) {
  TRY(const Cbor* value, required(key));
  return in_field(key, value->as_text());
}

}  // namespace cocoon::codec
