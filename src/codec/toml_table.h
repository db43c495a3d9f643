#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/money.h"
#include "codec/error.h"

namespace cocoon::codec {

inline constexpr std::size_t kTomlBytesMax = 64 * 1024;

struct TomlNode;

// One table of a TOML 1.0 document, read by a closed schema: each key is taken once by the getter
// of its type, then finish() refuses what nobody took. Sub-tables are finished on their own.
// Floating point and dates are refused.
//   TRY(auto root, TomlTable::parse(text)); TRY(auto engine, root.table("engine"));
//   TRY(auto threads, engine.integer_or("threads", 1, {1, 256})); TRY_VOID(engine.finish());
//   TRY_VOID(root.finish());
// Errors name the key by its full path ("engine.threads: …") and never quote a value.
class TomlTable {
 public:
  // kTooLarge over `bytes_max`, kTooDeep over 16 levels, kMalformed with line and column for what
  // is not TOML.
  [[nodiscard]] static Result<TomlTable> parse(std::string_view document,
                                               std::size_t bytes_max = kTomlBytesMax);

  struct Range {
    std::int64_t min = 0;
    std::int64_t max = 0;
  };

  // Required values: kMissingKey, kWrongType, or kTooLarge / kMalformed outside their bounds.
  [[nodiscard]] Result<std::string> text(std::string_view key, std::size_t bytes_max = 256);
  [[nodiscard]] Result<std::int64_t> integer(std::string_view key, Range range);
  [[nodiscard]] Result<bool> boolean(std::string_view key);
  [[nodiscard]] Result<std::chrono::milliseconds> duration(std::string_view key);  // "30s"
  [[nodiscard]] Result<std::uint64_t> byte_size(std::string_view key);             // "64 MiB"
  [[nodiscard]] Result<NanoTon> amount(std::string_view key);                      // "0.05 TON"
  // Lower-case hexadecimal of exactly Tagged::kSize bytes.
  template <class Tagged>
  [[nodiscard]] Result<Tagged> tagged_hex(std::string_view key) {
    TRY(const Bytes bytes, hex(key, Tagged::kSize));
    return Tagged::from(bytes);
  }
  [[nodiscard]] Result<Bytes> hex(std::string_view key, std::size_t size);
  [[nodiscard]] Result<TomlTable> table(std::string_view key);

  // The same with a value for an absent key.
  [[nodiscard]] Result<std::string> text_or(std::string_view key, std::string_view absent,
                                            std::size_t bytes_max = 256);
  [[nodiscard]] Result<std::int64_t> integer_or(std::string_view key, std::int64_t absent,
                                                Range range);
  [[nodiscard]] Result<bool> boolean_or(std::string_view key, bool absent);
  [[nodiscard]] Result<std::chrono::milliseconds> duration_or(std::string_view key,
                                                              std::chrono::milliseconds absent);
  [[nodiscard]] Result<std::uint64_t> byte_size_or(std::string_view key, std::uint64_t absent);
  [[nodiscard]] Result<NanoTon> amount_or(std::string_view key, NanoTon absent);
  // An absent table reads as an empty one.
  [[nodiscard]] Result<TomlTable> table_or_empty(std::string_view key);
  // Arrays; absent ones are empty.
  [[nodiscard]] Result<std::vector<TomlTable>> tables(std::string_view key, std::size_t count_max);
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key, std::size_t count_max,
                                                       std::size_t bytes_max = 256);

  [[nodiscard]] bool has(std::string_view key) const;
  // kUnknownKey if a key was not taken.
  [[nodiscard]] Status finish() const;
  // kMalformed about a value of this table: "engine.url: must be …".
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view key, std::string_view why) const;

 private:
  TomlTable(std::shared_ptr<const TomlNode> node, std::string path)
      : node_(std::move(node)), path_(std::move(path)) {}
  [[nodiscard]] const TomlNode* take(std::string_view key);
  [[nodiscard]] Result<const TomlNode*> require(std::string_view key);
  [[nodiscard]] std::string full_key(std::string_view key) const;
  [[nodiscard]] Result<std::string> text_of(const TomlNode& node, std::string_view key,
                                            std::size_t bytes_max) const;

  std::shared_ptr<const TomlNode> node_;  // a table
  std::string path_;
  std::vector<std::string> taken_;
};

// "250ms", "30s", "15m", "2h", "7d": a whole number and a unit, a space between them allowed.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// "512 B", "64 KiB", "32 MiB", "2 GiB": a whole number and a binary unit, the space optional.
[[nodiscard]] Result<std::uint64_t> parse_byte_size(std::string_view text);

// The text as a TOML basic string, quotes included, for those who write configuration.
[[nodiscard]] std::string toml_quoted(std::string_view text);

}  // namespace cocoon::codec
