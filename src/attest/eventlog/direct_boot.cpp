#include "attest/eventlog/direct_boot.h"

#include <initializer_list>

namespace cocoon::attest::eventlog {
namespace {

crypto::Sha384Digest accumulate(std::initializer_list<crypto::Sha384Digest> digests) {
  crypto::Sha384Digest out{};
  for (const crypto::Sha384Digest& digest : digests) out = crypto::sha384(concat({out, digest}));
  return out;
}

crypto::Sha384Digest of_text(std::string_view text) { return crypto::sha384(as_bytes(text)); }

}  // namespace

DirectBootRegisters direct_boot_registers(const DirectBootImage& image) {
  // The texts are those of the TCG PC Client Platform Firmware Profile's EV_EFI_ACTION events.
  return {.rtmr1 = accumulate({image.kernel_authenticode,
                               of_text("Calling EFI Application from Boot Option"),
                               crypto::sha384(Bytes(4)), of_text("Exit Boot Services Invocation"),
                               of_text("Exit Boot Services Returned with Success")}),
          .rtmr2 = accumulate({image.command_line, image.initrd})};
}

crypto::Sha384Digest command_line_digest(std::string_view command_line) {
  Bytes utf16;
  for (const char c : command_line) {
    utf16.push_back(static_cast<std::byte>(c));
    utf16.push_back(std::byte{0});
  }
  utf16.resize(utf16.size() + 2);
  return crypto::sha384(utf16);
}

}  // namespace cocoon::attest::eventlog
