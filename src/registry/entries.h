#pragma once

#include <string>
#include <variant>
#include <vector>

#include "attest/policy.h"
#include "registry/contract.h"

// What stands in the registry's lists, and what proxies say of themselves
// (docs/formats/registry.md, "Entries"). Readers refuse whatever the page does not allow; writers
// fail with ton's kLimit for what does not fit into a cell.
namespace cocoon::registry {

// Of images: TDX's and SEV-SNP's.
using ImageEntry = std::variant<attest::Image, attest::SnpImage>;
[[nodiscard]] Result<ImageEntry> read_image(const ton::CellRef& cell);
[[nodiscard]] Result<ton::CellRef> write_image(const ImageEntry& image);

// Of models: the name; the key is the model's hash.
[[nodiscard]] Result<std::string> read_model_name(const ton::CellRef& cell);
[[nodiscard]] Result<ton::CellRef> write_model_name(const std::string& name);

// Of roots: for whose evidence the certificate counts whose fingerprint is the key.
enum class Vendor : std::uint8_t { kIntel = 1, kAmd = 2, kNvidia = 3 };
[[nodiscard]] std::string_view name_of(Vendor vendor);  // "Intel", …
struct RootEntry {
  Vendor vendor = Vendor::kIntel;
  std::string name;  // for people; may have spaces
};
[[nodiscard]] Result<RootEntry> read_root(const ton::CellRef& cell);
[[nodiscard]] Result<ton::CellRef> write_root(const RootEntry& root);

// Of terms: each makes something acceptable that is refused without it.
struct GoldenKey {
  crypto::Ed25519PublicKey key;
};
struct GpuDriver {
  std::string version;
};
struct GpuVbios {
  std::string version;
};
struct SnpFloor {
  attest::amd::Product product = attest::amd::Product::kTurin;
  attest::amd::TcbVersion tcb_min;
};
using Term = std::variant<attest::StatusException, attest::TrustedBlock, GoldenKey, GpuDriver,
                          GpuVbios, SnpFloor>;
[[nodiscard]] Result<Term> read_term(const ton::CellRef& cell);
[[nodiscard]] Result<ton::CellRef> write_term(const Term& term);

// Of platform bans: a PPID, CHIP_ID or GPU id.
[[nodiscard]] Result<Bytes> read_platform(const ton::CellRef& cell);
[[nodiscard]] Result<ton::CellRef> write_platform(BytesView id);

// What a proxy says of itself. `host:port`, several separated by spaces.
struct ProxyEndpoint {
  std::string host;
  std::uint16_t port = 0;
};
struct ProxyDetails {
  crypto::Ed25519PublicKey log_key;
  std::optional<ton::Address> anchor;
  std::vector<ProxyEndpoint> endpoints;  // at least one
};
[[nodiscard]] Result<ProxyDetails> read_proxy_details(const ton::CellRef& cell);
[[nodiscard]] Result<ton::CellRef> write_proxy_details(const ProxyDetails& details);

}  // namespace cocoon::registry
