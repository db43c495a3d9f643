#include <charconv>
#include <ranges>

#include "registry/entries.h"
#include "registry/text.h"

namespace cocoon::registry {
namespace {

using ton::Builder;
using ton::CellRef;
using ton::Slice;

constexpr std::size_t kHostBytesMax = 253;

std::unexpected<Error> bad() {
  return fail(RegistryError::kBadEntry, "endpoints that are not host:port, separated by spaces");
}

// "host:port" or "[v6]:port".
Result<ProxyEndpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (!is_word(text) || colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.size() > kHostBytesMax || host.contains('[') || host.contains(']') ||
      host.contains(':') != is_bracketed)
    return bad();
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc{} || end != port.data() + port.size() || number == 0 ||
      port.front() == '0')
    return bad();
  return ProxyEndpoint{.host = std::string(host), .port = number};
}

std::string text_of(const ProxyEndpoint& endpoint) {
  const bool is_v6 = endpoint.host.contains(':');
  return (is_v6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace

Result<ProxyDetails> read_proxy_details(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  ProxyDetails out;
  TRY(out.log_key, slice.load_tagged<crypto::Ed25519PublicKey>());
  TRY(out.anchor, load_maybe_address(slice));
  TRY(CellRef endpoints, slice.load_ref());
  TRY_VOID(slice.expect_end());
  TRY(const Slice text, Slice::open(std::move(endpoints)));
  if (text.refs_left() != 0 || text.bits_left() % 8 != 0) return bad();
  const ton::BitString bits = text.rest_bits();
  for (const auto part : std::views::split(as_text(bits.bytes()), ' ')) {
    TRY(ProxyEndpoint endpoint, parse_endpoint(std::string_view(part)));
    out.endpoints.push_back(std::move(endpoint));
  }
  if (out.endpoints.empty()) return bad();
  return out;
}

Result<CellRef> write_proxy_details(const ProxyDetails& details) {
  std::string endpoints;
  for (const ProxyEndpoint& endpoint : details.endpoints)
    endpoints += (endpoints.empty() ? "" : " ") + text_of(endpoint);
  TRY(CellRef text, Builder().bytes(as_bytes(endpoints)).build());
  Builder cell;
  cell.bytes(details.log_key.view());
  store_maybe_address(cell, details.anchor);
  return cell.ref(std::move(text)).build();
}

}  // namespace cocoon::registry
