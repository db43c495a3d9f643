#pragma once

#include "attest/eventlog/event.h"

namespace cocoon::attest::eventlog {

// What a kernel that firmware starts without a boot loader leaves in RTMR1 and RTMR2: how the
// measurements of an image follow from its parts.
struct DirectBootRegisters {
  crypto::Sha384Digest rtmr1{};
  crypto::Sha384Digest rtmr2{};
};
struct DirectBootImage {
  crypto::Sha384Digest kernel_authenticode{};  // PE/COFF image hash of the kernel as it is started
  crypto::Sha384Digest command_line{};         // command_line_digest()
  crypto::Sha384Digest initrd{};
};
[[nodiscard]] DirectBootRegisters direct_boot_registers(const DirectBootImage& image);

// SHA-384 of the command line as the kernel's EFI stub measures it: UTF-16LE with a final zero.
// `command_line` is ASCII.
[[nodiscard]] crypto::Sha384Digest command_line_digest(std::string_view command_line);

}  // namespace cocoon::attest::eventlog
