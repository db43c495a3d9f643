#include "config/client_config.h"

#include <algorithm>

#include "config/reading.h"

namespace cocoon::config {

using codec::TomlTable;

namespace {

constexpr std::size_t kListMax = 64;
// What a request's padded plaintext may hold (docs/formats/request.md), less the frame around the
// app's body.
constexpr std::size_t kRequestBytesMax = (32U << 20U) - (64U << 10U);

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
}

// "https://app.example" or "http://localhost:3000", as browsers write it.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    return !text.empty() && is_visible_ascii(text) &&
           text.find_first_of("/*?#@") == std::string_view::npos;
  }
  return false;
}

Status read_listen(TomlTable& root, ClientConfig& config) {
  constexpr std::size_t kApiKeyBytesMin = 8;
  TRY(TomlTable listen, root.table_or_empty("listen"));
  TRY(config.listen, read_endpoint(listen, config.listen));
  TRY(const std::vector<std::string> keys, listen.texts("api_keys", kListMax));
  for (const std::string& key : keys) {
    if (key.size() < kApiKeyBytesMin || !is_visible_ascii(key)) {
      return listen.refuse("api_keys", "keys are 8 or more characters of visible ASCII");
    }
    config.api_keys.emplace_back(to_bytes(key));
  }
  TRY(config.allowed_hosts, listen.texts("allowed_hosts", kListMax));
  TRY(config.allowed_origins, listen.texts("allowed_origins", kListMax));
  if (!std::ranges::all_of(config.allowed_hosts, [](const auto& host) {
        return !host.empty() && is_visible_ascii(host);
      })) {
    return listen.refuse("allowed_hosts", "not a Host value");
  }
  if (!std::ranges::all_of(config.allowed_origins, is_origin)) {
    return listen.refuse("allowed_origins", "expected origins like https://app.example");
  }
  if (!is_loopback(config.listen.host) && config.api_keys.empty()) {
    return fail(ConfigError::kInsecure,
                "listen.host: other machines could spend your money; set listen.api_keys first");
  }
  return listen.finish();
}

Status read_request(TomlTable& root, ClientConfig& config) {
  constexpr std::int64_t kTokensMax = 10'000'000;
  TRY(TomlTable request, root.table_or_empty("request"));
  TRY(const std::uint32_t candidates,
      read_count(request, "candidates", config.candidates, {1, 16}));
  config.candidates = static_cast<std::uint8_t>(candidates);
  TRY(config.output_tokens_max,
      read_count(request, "output_tokens_max", config.output_tokens_max, {1, kTokensMax}));
  const std::uint32_t usual = std::min(config.output_tokens_default, config.output_tokens_max);
  TRY(config.output_tokens_default,
      read_count(request, "output_tokens_default", usual, {1, kTokensMax}));
  if (config.output_tokens_default > config.output_tokens_max) {
    return request.refuse("output_tokens_default", "over output_tokens_max");
  }
  TRY(config.request_bytes_max,
      read_size(request, "bytes_max", config.request_bytes_max, 1024, kRequestBytesMax));
  TRY(config.price_max, request.amount_or("price_max", config.price_max));
  return request.finish();
}

Status read_timeouts(TomlTable& root, ClientConfig& config) {
  TRY(TomlTable timeouts, root.table_or_empty("timeouts"));
  TRY(config.connect_timeout, read_timeout(timeouts, "connect", config.connect_timeout));
  TRY(config.first_frame_timeout,
      read_timeout(timeouts, "first_frame", config.first_frame_timeout));
  TRY(config.idle_timeout, read_timeout(timeouts, "idle", config.idle_timeout));
  TRY(config.shutdown_grace, read_timeout(timeouts, "shutdown", config.shutdown_grace));
  return timeouts.finish();
}

}  // namespace

Result<ClientConfig> parse_client_config(std::string_view toml,
                                         const std::filesystem::path& base_folder) {
  TRY(TomlTable root, TomlTable::parse(toml, kConfigBytesMax));
  ClientConfig config;
  TRY(config.network, read_network(root));
  TRY(config.state_dir, read_path(root, "state_dir", base_folder));
  TRY(config.world, read_world(root, base_folder));
  TRY_VOID(read_listen(root, config));
  TRY_VOID(read_request(root, config));
  TRY_VOID(read_timeouts(root, config));
  TRY(config.admin, read_admin(root, config.admin));
  TRY(config.log, read_log(root));
  TRY_VOID(root.finish());
  return config;
}

Result<ClientConfig> load_client_config(const std::filesystem::path& file) {
  TRY(const std::string text, read_config_file(file));
  auto config = parse_client_config(text, file.parent_path());
  if (!config) return std::unexpected(std::move(config).error().with_context(file.string()));
  return config;
}

std::string write_client_config(const ClientConfig& config) {
  std::vector<std::string> keys;
  keys.reserve(config.api_keys.size());
  for (const SecretBytes& key : config.api_keys) keys.emplace_back(as_text(key.expose()));
  return write_integer("network", config.network.value()) +
         write_text("state_dir", config.state_dir.string()) + write_world(config.world) +
         write_endpoint(config.listen) + write_texts("api_keys", keys) +
         write_texts("allowed_hosts", config.allowed_hosts) +
         write_texts("allowed_origins", config.allowed_origins) + "\n[request]\n" +
         write_integer("candidates", config.candidates) +
         write_integer("output_tokens_default", config.output_tokens_default) +
         write_integer("output_tokens_max", config.output_tokens_max) +
         write_size("bytes_max", config.request_bytes_max) +
         write_text("price_max", config.price_max.decimal() + " TON") + "\n[timeouts]\n" +
         write_timeout("connect", config.connect_timeout) +
         write_timeout("first_frame", config.first_frame_timeout) +
         write_timeout("idle", config.idle_timeout) +
         write_timeout("shutdown", config.shutdown_grace) +
         write_admin_and_log(config.admin, config.log);
}

}  // namespace cocoon::config
