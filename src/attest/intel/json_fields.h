#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attest/intel/error.h"
#include "base/strong.h"
#include "codec/json.h"

namespace cocoon::attest::intel {

// Reads the members of one object of Intel's collateral; every failure is kBadCollateral and names
// the member. Members that are not asked for are let be: Intel adds some now and then, and signs
// them.
class JsonFields {
 public:
  [[nodiscard]] static Result<JsonFields> of(const codec::Json& value, std::string_view what);

  [[nodiscard]] bool has(std::string_view key) const { return object_->find(key) != nullptr; }
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::uint32_t> number(std::string_view key, std::uint32_t max) const;
  [[nodiscard]] Result<UnixSeconds> date(std::string_view key) const;
  // Hexadecimal in either case, exactly N bytes.
  template <std::size_t N>
  [[nodiscard]] Result<ByteArray<N>> hex(std::string_view key) const {
    TRY(const Bytes bytes, hex_bytes(key, N));
    ByteArray<N> out;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
  }
  // One to kItemsMax items.
  [[nodiscard]] Result<const codec::Json::Array*> items(std::string_view key) const;
  [[nodiscard]] Result<JsonFields> object(std::string_view key) const;
  // Texts, none if the member is absent.
  [[nodiscard]] Result<std::vector<std::string>> texts_or_none(std::string_view key) const;

  static constexpr std::size_t kItemsMax = 256;

 private:
  explicit JsonFields(const codec::Json& object, std::string_view what)
      : object_(&object), what_(what) {}
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view key, std::string_view why) const;
  [[nodiscard]] Result<Bytes> hex_bytes(std::string_view key, std::size_t size) const;

  const codec::Json* object_;
  std::string what_;
};

// The exact text of a member's value in the text of a JSON object; kBadCollateral if the member is
// not there. Of a text that does not parse, any part or kBadCollateral.
[[nodiscard]] Result<std::string_view> member_text(std::string_view object, std::string_view key);

}  // namespace cocoon::attest::intel
