#include "attest/amd/product.h"

#include <algorithm>
#include <utility>

namespace cocoon::attest::amd {
namespace {

// Where a TCB_VERSION keeps its parts; AMD 56860 (SEV-SNP ABI), "TCB_VERSION", Turin's beside the
// older one.
struct TcbLayout {
  std::size_t bootloader;
  std::size_t tee;
  std::size_t snp;
  std::size_t microcode;
  bool has_fmc;  // in byte 0
};
constexpr TcbLayout kLayoutBeforeTurin{
    .bootloader = 0, .tee = 1, .snp = 6, .microcode = 7, .has_fmc = false};
constexpr TcbLayout kLayoutTurin{
    .bootloader = 1, .tee = 2, .snp = 3, .microcode = 7, .has_fmc = true};

const TcbLayout& layout_of(Product product) {
  switch (product) {
    case Product::kMilan:
    case Product::kGenoa:
      return kLayoutBeforeTurin;
    case Product::kTurin:
      return kLayoutTurin;
  }
  std::unreachable();
}

}  // namespace

std::string_view name_of(Product product) {
  switch (product) {
    case Product::kMilan:
      return "Milan";
    case Product::kGenoa:
      return "Genoa";
    case Product::kTurin:
      return "Turin";
  }
  std::unreachable();
}

std::string_view name_of(KeyKind kind) {
  switch (kind) {
    case KeyKind::kVcek:
      return "VCEK";
    case KeyKind::kVlek:
      return "VLEK";
  }
  std::unreachable();
}

Result<TcbVersion> TcbVersion::parse(const ByteArray<8>& raw, Product product) {
  const TcbLayout& layout = layout_of(product);
  const auto at = [&raw](std::size_t index) { return std::to_integer<std::uint8_t>(raw[index]); };
  const TcbVersion out{.fmc = layout.has_fmc ? at(0) : std::uint8_t{0},
                       .bootloader = at(layout.bootloader),
                       .tee = at(layout.tee),
                       .snp = at(layout.snp),
                       .microcode = at(layout.microcode)};
  if (out.encode(product) != raw) {
    return fail(AmdError::kMalformed, "a reserved byte of a TCB version is set");
  }
  return out;
}

ByteArray<8> TcbVersion::encode(Product product) const {
  const TcbLayout& layout = layout_of(product);
  ByteArray<8> out{};
  if (layout.has_fmc) out[0] = std::byte{fmc};
  out[layout.bootloader] = std::byte{bootloader};
  out[layout.tee] = std::byte{tee};
  out[layout.snp] = std::byte{snp};
  out[layout.microcode] = std::byte{microcode};
  return out;
}

bool TcbVersion::at_least(const TcbVersion& floor) const {
  return fmc >= floor.fmc && bootloader >= floor.bootloader && tee >= floor.tee &&
         snp >= floor.snp && microcode >= floor.microcode;
}

}  // namespace cocoon::attest::amd
