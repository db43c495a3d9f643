#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "codec/error.h"

namespace cocoon::codec {

// The subset of RFC 8949 that Cocoon's formats use: integers, byte and text strings, arrays, maps,
// booleans, null and tags; no floating point. Encoding is core deterministic (§4.2.1); decoding
// refuses everything else.
class Cbor {
 public:
  using Array = std::vector<Cbor>;
  using Map = std::vector<std::pair<Cbor, Cbor>>;  // any order; encoding sorts by encoded key

  Cbor() = default;  // null
  [[nodiscard]] static Cbor null() { return {}; }
  [[nodiscard]] static Cbor boolean(bool value);
  [[nodiscard]] static Cbor unsigned_integer(std::uint64_t value);
  [[nodiscard]] static Cbor integer(std::int64_t value);
  [[nodiscard]] static Cbor bytes(BytesView value);
  // What is not UTF-8 in `value` becomes U+FFFD, because a text string must decode again.
  [[nodiscard]] static Cbor text(std::string_view value);
  [[nodiscard]] static Cbor array(Array items);
  [[nodiscard]] static Cbor map(Map entries);
  [[nodiscard]] static Cbor tagged(std::uint64_t tag, Cbor content);

  // Typed views; kWrongType if the item is something else.
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] Result<bool> as_boolean() const;
  [[nodiscard]] Result<std::uint64_t> as_unsigned() const;
  [[nodiscard]] Result<std::int64_t> as_integer() const;
  [[nodiscard]] Result<BytesView> as_bytes() const;
  [[nodiscard]] Result<std::string_view> as_text() const;
  [[nodiscard]] Result<const Array*> as_array() const;
  [[nodiscard]] Result<const Map*> as_map() const;
  // The content under this tag number.
  [[nodiscard]] Result<const Cbor*> as_tagged(std::uint64_t tag) const;

  friend bool operator==(const Cbor&, const Cbor&);

 private:
  struct Negative {
    std::uint64_t minus_one_minus_value;
    bool operator==(const Negative&) const = default;
  };
  struct Tagged;
  using Value = std::variant<std::monostate, bool, std::uint64_t, Negative, Bytes, std::string,
                             Array, Map, std::shared_ptr<const Tagged>>;
  explicit Cbor(Value value) : value_(std::move(value)) {}
  Value value_;
  friend class CborDecoder;
  friend class CborEncoder;
};

struct CborLimits {
  std::size_t depth = 16;
  std::size_t items = 65'536;
};

// Every map's keys must differ.
[[nodiscard]] Bytes encode_cbor(const Cbor& item);
// Exactly one item; trailing bytes, duplicate or unsorted keys, indefinite lengths, non-shortest
// integers, invalid UTF-8 and anything outside the subset are refused.
[[nodiscard]] Result<Cbor> decode_cbor(BytesView bytes, const CborLimits& limits = {});

// Reads a map with small integer keys by a closed schema: each field is taken once, then finish()
// refuses what is left over. `Fields f(map); TRY(auto v, f.required(1)); … TRY_VOID(f.finish());`
class CborFields {
 public:
  [[nodiscard]] static Result<CborFields> of(const Cbor& map);  // `map` must outlive the reader
  [[nodiscard]] Result<const Cbor*> required(std::int64_t key);
  [[nodiscard]] const Cbor* optional(std::int64_t key);  // nullptr if absent
  [[nodiscard]] Status finish() const;

  // Shorthands over required().
  [[nodiscard]] Result<std::uint64_t> unsigned_integer(std::int64_t key);
  [[nodiscard]] Result<std::int64_t> integer(std::int64_t key);
  [[nodiscard]] Result<BytesView> bytes(std::int64_t key);
  [[nodiscard]] Result<std::string_view> text(std::int64_t key);
  template <class Tagged>
  [[nodiscard]] Result<Tagged> tagged_bytes(std::int64_t key) {
    TRY(const BytesView view, bytes(key));
    return Tagged::from(view);
  }

 private:
  explicit CborFields(const Cbor::Map* entries)
      : entries_(entries), taken_(entries->size(), false) {}
  const Cbor::Map* entries_;
  std::vector<bool> taken_;
};

}  // namespace cocoon::codec
