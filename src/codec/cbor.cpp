#include "codec/cbor.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/reader.h"
#include "codec/utf8.h"

namespace cocoon::codec {
namespace {

// RFC 8949 §3.1.
enum class Major : std::uint8_t {
  kUnsigned = 0,
  kNegative = 1,
  kBytes = 2,
  kText = 3,
  kArray = 4,
  kMap = 5,
  kTag = 6,
  kSimple = 7,
};

constexpr std::uint64_t kSimpleFalse = 20;
constexpr std::uint64_t kSimpleTrue = 21;
constexpr std::uint64_t kSimpleNull = 22;

void write_head(Writer& out, Major major, std::uint64_t argument) {
  const auto top = static_cast<std::uint8_t>(static_cast<std::uint8_t>(major) << 5U);
  if (argument < 24) {
    out.u8(static_cast<std::uint8_t>(top | argument));
  } else if (argument <= std::numeric_limits<std::uint8_t>::max()) {
    out.u8(top | 24U).u8(static_cast<std::uint8_t>(argument));
  } else if (argument <= std::numeric_limits<std::uint16_t>::max()) {
    out.u8(top | 25U).u16(static_cast<std::uint16_t>(argument));
  } else if (argument <= std::numeric_limits<std::uint32_t>::max()) {
    out.u8(top | 26U).u32(static_cast<std::uint32_t>(argument));
  } else {
    out.u8(top | 27U).u64(argument);
  }
}

std::unexpected<Error> wrong_type(const char* wanted) {
  return fail(CodecError::kWrongType, std::string("CBOR item is not ") + wanted);
}

}  // namespace

struct Cbor::Tagged {
  std::uint64_t tag;
  Cbor content;
};

Cbor Cbor::boolean(bool value) { return Cbor(Value(std::in_place_type<bool>, value)); }
Cbor Cbor::unsigned_integer(std::uint64_t value) {
  return Cbor(Value(std::in_place_type<std::uint64_t>, value));
}
Cbor Cbor::integer(std::int64_t value) {
  if (value >= 0) return unsigned_integer(static_cast<std::uint64_t>(value));
  return Cbor(Value(Negative{static_cast<std::uint64_t>(-(value + 1))}));
}
Cbor Cbor::bytes(BytesView value) {
  return Cbor(Value(std::in_place_type<Bytes>, value.begin(), value.end()));
}
Cbor Cbor::text(std::string_view value) {
  if (!is_valid_utf8(value)) return Cbor(Value(to_valid_utf8(value)));
  return Cbor(Value(std::in_place_type<std::string>, value));
}
Cbor Cbor::array(Array items) { return Cbor(Value(std::in_place_type<Array>, std::move(items))); }
Cbor Cbor::map(Map entries) { return Cbor(Value(std::in_place_type<Map>, std::move(entries))); }
Cbor Cbor::tagged(std::uint64_t tag, Cbor content) {
  return Cbor(Value(std::make_shared<const Tagged>(Tagged{tag, std::move(content)})));
}

bool Cbor::is_null() const { return std::holds_alternative<std::monostate>(value_); }

Result<bool> Cbor::as_boolean() const {
  if (const bool* value = std::get_if<bool>(&value_)) return *value;
  return wrong_type("a boolean");
}
Result<std::uint64_t> Cbor::as_unsigned() const {
  if (const auto* value = std::get_if<std::uint64_t>(&value_)) return *value;
  return wrong_type("an unsigned integer");
}
Result<std::int64_t> Cbor::as_integer() const {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (const auto* value = std::get_if<std::uint64_t>(&value_); value != nullptr && *value <= kMax) {
    return static_cast<std::int64_t>(*value);
  }
  if (const auto* value = std::get_if<Negative>(&value_);
      value != nullptr && value->minus_one_minus_value <= kMax) {
    return -1 - static_cast<std::int64_t>(value->minus_one_minus_value);
  }
  return wrong_type("an integer in range");
}
Result<BytesView> Cbor::as_bytes() const {
  if (const auto* value = std::get_if<Bytes>(&value_)) return BytesView(*value);
  return wrong_type("a byte string");
}
Result<std::string_view> Cbor::as_text() const {
  if (const auto* value = std::get_if<std::string>(&value_)) return std::string_view(*value);
  return wrong_type("a text string");
}
Result<const Cbor::Array*> Cbor::as_array() const {
  if (const auto* value = std::get_if<Array>(&value_)) return value;
  return wrong_type("an array");
}
Result<const Cbor::Map*> Cbor::as_map() const {
  if (const auto* value = std::get_if<Map>(&value_)) return value;
  return wrong_type("a map");
}
Result<const Cbor*> Cbor::as_tagged(std::uint64_t tag) const {
  const auto* value = std::get_if<std::shared_ptr<const Tagged>>(&value_);
  if (value == nullptr || (*value)->tag != tag) return wrong_type("under the expected tag");
  return &(*value)->content;
}

bool operator==(const Cbor& a, const Cbor& b) {
  using Shared = std::shared_ptr<const Cbor::Tagged>;
  const auto* tagged_a = std::get_if<Shared>(&a.value_);
  const auto* tagged_b = std::get_if<Shared>(&b.value_);
  if (tagged_a == nullptr || tagged_b == nullptr) return a.value_ == b.value_;
  return (*tagged_a)->tag == (*tagged_b)->tag && (*tagged_a)->content == (*tagged_b)->content;
}

// Recursion goes as deep as the item, which the decoder's limit bounds for everything from outside.
class CborEncoder {
 public:
  void item(const Cbor& item) {
    std::visit([this](const auto& value) { write(value); }, item.value_);
  }
  [[nodiscard]] Bytes take() { return std::move(out_).take(); }

 private:
  void write(std::monostate) { write_head(out_, Major::kSimple, kSimpleNull); }
  void write(bool value) { write_head(out_, Major::kSimple, value ? kSimpleTrue : kSimpleFalse); }
  void write(std::uint64_t value) { write_head(out_, Major::kUnsigned, value); }
  void write(const Cbor::Negative& value) {
    write_head(out_, Major::kNegative, value.minus_one_minus_value);
  }
  void write(const Bytes& value) {
    write_head(out_, Major::kBytes, value.size());
    out_.bytes(value);
  }
  void write(const std::string& value) {
    write_head(out_, Major::kText, value.size());
    out_.bytes(as_bytes(value));
  }
  void write(const Cbor::Array& value) {
    write_head(out_, Major::kArray, value.size());
    for (const Cbor& element : value) item(element);
  }
  void write(const Cbor::Map& value) {
    std::vector<std::pair<Bytes, const Cbor*>> sorted;
    sorted.reserve(value.size());
    for (const auto& [key, content] : value) sorted.emplace_back(encode_cbor(key), &content);
    std::ranges::sort(sorted, {}, &std::pair<Bytes, const Cbor*>::first);
    write_head(out_, Major::kMap, value.size());
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      COCOON_CHECK(i == 0 || sorted[i - 1].first != sorted[i].first);
      out_.bytes(sorted[i].first);
      item(*sorted[i].second);
    }
  }
  void write(const std::shared_ptr<const Cbor::Tagged>& value) {
    write_head(out_, Major::kTag, value->tag);
    item(value->content);
  }

  Writer out_;
};

Bytes encode_cbor(const Cbor& item) {
  CborEncoder encoder;
  encoder.item(item);
  return encoder.take();
}

class CborDecoder {
 public:
  CborDecoder(BytesView bytes, const CborLimits& limits)
      : reader_(bytes), depth_max_(limits.depth), items_left_(limits.items) {}

  Result<Cbor> document() {
    TRY(Cbor value, item(0));
    if (!reader_.at_end()) return fail(CodecError::kMalformed, "bytes after the CBOR item");
    return value;
  }

 private:
  struct Head {
    Major major;
    std::uint64_t argument;
  };

  static std::unexpected<Error> truncated() {
    return fail(CodecError::kMalformed, "truncated CBOR");
  }

  template <class Integer>
  static Result<std::uint64_t> wider_than(Result<Integer> value, std::uint64_t shorter_max) {
    if (!value) return truncated();
    if (*value <= shorter_max) {
      return fail(CodecError::kNotCanonical, "CBOR integer in more bytes than it needs");
    }
    return *value;
  }

  Result<std::uint64_t> argument(std::uint8_t information) {
    switch (information) {
      case 24:
        return wider_than(reader_.u8(), 23);
      case 25:
        return wider_than(reader_.u16(), std::numeric_limits<std::uint8_t>::max());
      case 26:
        return wider_than(reader_.u32(), std::numeric_limits<std::uint16_t>::max());
      case 27:
        return wider_than(reader_.u64(), std::numeric_limits<std::uint32_t>::max());
      case 31:
        return fail(CodecError::kNotCanonical, "CBOR of indefinite length");
      default:
        if (information < 24) return information;
        return fail(CodecError::kMalformed, "reserved CBOR length");
    }
  }

  Result<Head> head() {
    const Result<std::uint8_t> initial = reader_.u8();
    if (!initial) return truncated();
    const auto major = static_cast<Major>(*initial >> 5U);
    const auto information = static_cast<std::uint8_t>(*initial & 0x1fU);
    if (major == Major::kSimple) return simple_head(information);
    TRY(const std::uint64_t value, argument(information));
    return Head{major, value};
  }

  static Result<Head> simple_head(std::uint8_t information) {
    if (information < kSimpleFalse || information > kSimpleNull) {
      return fail(CodecError::kMalformed, "CBOR simple value or float outside the subset");
    }
    return Head{Major::kSimple, information};
  }

  // A string, or a container's elements of at least one byte each, cannot be longer than what is
  // left.
  Result<std::size_t> length(const Head& head) const {
    if (head.argument > reader_.remaining()) return truncated();
    return static_cast<std::size_t>(head.argument);
  }

  Result<Cbor> item(std::size_t depth) {
    if (items_left_ == 0) return fail(CodecError::kTooLarge, "CBOR with too many items");
    --items_left_;
    TRY(const Head next, head());
    switch (next.major) {
      case Major::kUnsigned:
        return Cbor::unsigned_integer(next.argument);
      case Major::kNegative:
        return Cbor(Cbor::Value(Cbor::Negative{next.argument}));
      case Major::kBytes: {
        TRY(const BytesView bytes, string(next));
        return Cbor::bytes(bytes);
      }
      case Major::kText: {
        TRY(const BytesView bytes, string(next));
        if (!is_valid_utf8(as_text(bytes))) {
          return fail(CodecError::kMalformed, "CBOR text that is not UTF-8");
        }
        return Cbor::text(as_text(bytes));
      }
      case Major::kArray:
        return array(next, depth + 1);
      case Major::kMap:
        return map(next, depth + 1);
      case Major::kTag: {
        TRY_VOID(enter(depth + 1));
        TRY(Cbor content, item(depth + 1));
        return Cbor::tagged(next.argument, std::move(content));
      }
      case Major::kSimple:
        if (next.argument == kSimpleNull) return Cbor::null();
        return Cbor::boolean(next.argument == kSimpleTrue);
    }
    return fail(CodecError::kMalformed, "unknown CBOR major type");
  }

  Status enter(std::size_t depth) const {
    if (depth > depth_max_) return fail(CodecError::kTooDeep, "CBOR nested too deeply");
    return {};
  }

  Result<BytesView> string(const Head& head) {
    TRY(const std::size_t size, length(head));
    return reader_.take(size);
  }

  Result<Cbor> array(const Head& head, std::size_t depth) {
    TRY_VOID(enter(depth));
    TRY(const std::size_t size, length(head));
    Cbor::Array items;
    for (std::size_t i = 0; i < size; ++i) {
      TRY(Cbor element, item(depth));
      items.push_back(std::move(element));
    }
    return Cbor::array(std::move(items));
  }

  Result<Cbor> map(const Head& head, std::size_t depth) {
    TRY_VOID(enter(depth));
    TRY(const std::size_t size, length(head));
    Cbor::Map entries;
    BytesView previous_key;
    for (std::size_t i = 0; i < size; ++i) {
      const BytesView before = reader_.rest();
      TRY(Cbor key, item(depth));
      const BytesView encoded_key = before.first(before.size() - reader_.remaining());
      if (i > 0) TRY_VOID(check_order(previous_key, encoded_key));
      previous_key = encoded_key;
      TRY(Cbor value, item(depth));
      entries.emplace_back(std::move(key), std::move(value));
    }
    return Cbor::map(std::move(entries));
  }

  static Status check_order(BytesView previous, BytesView next) {
    if (equal(previous, next)) {
      return fail(CodecError::kDuplicateKey, "CBOR map with a repeated key");
    }
    if (!std::ranges::lexicographical_compare(previous, next)) {
      return fail(CodecError::kNotCanonical, "CBOR map keys out of order");
    }
    return {};
  }

  Reader reader_;
  std::size_t depth_max_;
  std::size_t items_left_;
};

Result<Cbor> decode_cbor(BytesView bytes, const CborLimits& limits) {
  return CborDecoder(bytes, limits).document();
}

}  // namespace cocoon::codec
