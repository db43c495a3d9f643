#pragma once

#include <span>
#include <string_view>

#include "attest/amd/product.h"

namespace cocoon::attest::amd {

// AMD's authorities for one product, base64 of their DER: the root (ARK), and below it those that
// certify chips' own keys (ASK) and the keys lent to clouds (ASVK).
struct VendorCertificates {
  Product product;
  std::string_view ark;
  std::string_view ask;
  std::string_view asvk;
};

// Of every product, Milan's too: its reports are verified, and then refused for what they are.
[[nodiscard]] std::span<const VendorCertificates> vendor_certificates();

}  // namespace cocoon::attest::amd
