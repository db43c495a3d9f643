#include "ton/cell/crc.h"

namespace cocoon::ton {
namespace {

// Row 0 takes one byte into the checksum; row n does the same with n more zero bytes behind it, so
// that eight bytes are eight independent look-ups (slicing by eight).
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

consteval Tables castagnoli_tables() {
  Tables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1U) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0);
    tables[0][i] = value;
  }
  for (std::size_t row = 1; row < tables.size(); ++row) {
    for (std::size_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[row - 1][i];
      tables[row][i] = (before >> 8U) ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables kCastagnoli = castagnoli_tables();

}  // namespace

std::uint32_t crc32c(BytesView bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t mixed = i < 4 ? (crc >> (8 * i)) & 0xFFU : 0;
      next ^= kCastagnoli[7 - i][mixed ^ std::to_integer<std::uint32_t>(bytes[i])];
    }
    crc = next;
  }
  for (const std::byte byte : bytes) {
    crc = (crc >> 8U) ^ kCastagnoli[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU];
  }
  return ~crc;
}

std::uint16_t crc16(BytesView bytes) {
  std::uint32_t crc = 0;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte) << 8U;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc << 1U) ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0);
    }
    crc &= 0xFFFFU;
  }
  return static_cast<std::uint16_t>(crc);
}

}  // namespace cocoon::ton
