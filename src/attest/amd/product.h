#pragma once

#include <cstdint>
#include <string_view>

#include "attest/amd/error.h"
#include "base/bytes.h"

namespace cocoon::attest::amd {

// A family of EPYC processors with one root key (ARK). Bergamo and Siena count as Genoa.
enum class Product : std::uint8_t { kMilan = 1, kGenoa = 2, kTurin = 3 };
[[nodiscard]] std::string_view name_of(Product product);  // "Milan", …

// Which key signed a report: the chip's own, or one that AMD lends a cloud for all its chips.
enum class KeyKind : std::uint8_t { kVcek = 0, kVlek = 1 };
[[nodiscard]] std::string_view name_of(KeyKind kind);  // "VCEK", "VLEK"

// Security version numbers of the firmware (AMD 56860, TCB_VERSION). `fmc` is Turin's only, and
// zero elsewhere.
struct TcbVersion {
  std::uint8_t fmc = 0;
  std::uint8_t bootloader = 0;
  std::uint8_t tee = 0;
  std::uint8_t snp = 0;
  std::uint8_t microcode = 0;

  // The eight bytes of a report: Turin begins with fmc, and moves the others up by one. kMalformed
  // if a reserved byte is set.
  [[nodiscard]] static Result<TcbVersion> parse(const ByteArray<8>& raw, Product product);
  [[nodiscard]] ByteArray<8> encode(Product product) const;
  // Every component at least as high.
  [[nodiscard]] bool at_least(const TcbVersion& floor) const;
  bool operator==(const TcbVersion&) const = default;
};

}  // namespace cocoon::attest::amd
