#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace cocoon::ton {

// CRC-32C (Castagnoli, RFC 3720 §12.1): the checksum of a bag of cells and of a validator session.
[[nodiscard]] std::uint32_t crc32c(BytesView bytes);
// CRC-16/XMODEM, the checksum of a friendly address and the name hash of get-methods (TEP-2).
[[nodiscard]] std::uint16_t crc16(BytesView bytes);

}  // namespace cocoon::ton
