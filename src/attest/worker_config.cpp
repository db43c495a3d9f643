#include "attest/worker_config.h"

#include <algorithm>
#include <charconv>

#include "codec/toml_table.h"

namespace cocoon::attest {
namespace {

using codec::TomlTable;

constexpr std::size_t kPathBytesMax = 512;
constexpr std::size_t kProxiesMax = 16;
constexpr std::int64_t kInt32Max = 0x7fff'ffff;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool consists_of(std::string_view text, std::string_view also) {
  return std::ranges::all_of(text,
                             [&](char c) { return is_letter_or_digit(c) || also.contains(c); });
}

// One spelling for each address, so that they can be compared: "0:" or "-1:" and 64 lower-case
// hexadecimal digits.
bool is_raw_address(std::string_view text) {
  const std::string_view account = text.substr(text.find(':') + 1);
  return (text.starts_with("0:") || text.starts_with("-1:")) && account.size() == 64 &&
         account.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<std::string> path_value(TomlTable& table, std::string_view key, std::string_view absent) {
  TRY(std::string path, table.text_or(key, absent, kPathBytesMax));
  if (path.empty()) return table.refuse(key, "a path is required");
  if (!consists_of(path, "/._-+@=,: ") || path.starts_with('-')) {
    return table.refuse(key, "a path may hold letters, digits, spaces and /._-+@=,: only");
  }
  return path;
}

Result<std::string> name_value(TomlTable& table, std::string_view key, std::string_view absent) {
  TRY(std::string name, table.text_or(key, absent, 128));
  if (!consists_of(name, "/._-+@:")) {
    return table.refuse(key, "a name may hold letters, digits and /._-+@: only");
  }
  return name;
}

Result<std::uint32_t> count_value(TomlTable& table, std::string_view key, std::uint32_t absent,
                                  TomlTable::Range range) {
  TRY(const std::int64_t value, table.integer_or(key, absent, range));
  return static_cast<std::uint32_t>(value);
}

// "http://127.0.0.1:8080": plain HTTP on this machine, nothing after the port.
Result<std::string> loopback_url(TomlTable& table, std::string_view key) {
  TRY(std::string url, table.text(key, 64));
  constexpr std::string_view kRule = "must be http://127.0.0.1:PORT or http://[::1]:PORT";
  for (const std::string_view host : {"http://127.0.0.1:", "http://[::1]:"}) {
    if (!url.starts_with(host)) continue;
    const std::string_view digits = std::string_view(url).substr(host.size());
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size() || port == 0 ||
        digits.starts_with('0')) {
      return table.refuse(key, kRule);
    }
    return url;
  }
  return table.refuse(key, kRule);
}

Result<WorkerEngineConfig> read_engine(TomlTable table) {
  WorkerEngineConfig out;
  TRY(const std::string kind, table.text("kind", 32));
  if (kind == "llama-server") {
    out.kind = WorkerEngineConfig::Kind::kLlamaServer;
    TRY(out.program, path_value(table, "program", ""));
  } else if (kind == "external") {
    out.kind = WorkerEngineConfig::Kind::kExternal;
    TRY(out.url, loopback_url(table, "url"));
  } else {
    return table.refuse("kind", "must be \"llama-server\" or \"external\"");
  }
  TRY(out.threads, count_value(table, "threads", out.threads, {1, 1024}));
  TRY(out.context_tokens,
      count_value(table, "context_tokens", out.context_tokens, {256, 16 * 1024 * 1024}));
  TRY(out.parallel, count_value(table, "parallel", out.parallel, {1, 1024}));
  TRY_VOID(table.finish());
  return out;
}

// An external engine has its model already: where it lies is none of our business.
Result<WorkerModelConfig> read_model(TomlTable table, WorkerEngineConfig::Kind engine) {
  WorkerModelConfig out;
  TRY(out.name, name_value(table, "name", ""));
  if (out.name.empty()) return table.refuse("name", "a model is required");
  if (engine == WorkerEngineConfig::Kind::kLlamaServer) {
    TRY(out.path, path_value(table, "path", ""));
    if (table.has("private_dir")) {
      TRY(out.private_dir, path_value(table, "private_dir", ""));
    }
  }
  TRY_VOID(table.finish());
  return out;
}

Result<WorkerLimitsConfig> read_limits(TomlTable table) {
  WorkerLimitsConfig out;
  constexpr std::uint64_t kRequestBytesMax = 32ULL << 20U;  // the envelope's own bound
  TRY(out.queue, count_value(table, "queue", out.queue, {0, 65'536}));
  TRY(out.running, count_value(table, "running", out.running, {1, 65'536}));
  TRY(out.request_bytes_max, table.byte_size_or("request_bytes_max", out.request_bytes_max));
  if (out.request_bytes_max < 1024 || out.request_bytes_max > kRequestBytesMax) {
    return table.refuse("request_bytes_max", "must be between 1 KiB and 32 MiB");
  }
  TRY(out.output_tokens_max,
      count_value(table, "output_tokens_max", out.output_tokens_max, {1, kInt32Max}));
  TRY_VOID(table.finish());
  return out;
}

Result<WorkerProxyConfig> read_proxy(TomlTable table) {
  WorkerProxyConfig out;
  TRY(out.host, table.text("host", 253));
  if (out.host.empty() || !consists_of(out.host, ".-:")) {
    return table.refuse("host", "must be a host name or an IP address");
  }
  TRY(const std::int64_t port, table.integer("port", {1, 65'535}));
  out.port = static_cast<std::uint16_t>(port);
  TRY(out.key, table.tagged_hex<crypto::Ed25519PublicKey>("key"));
  TRY_VOID(table.finish());
  return out;
}

Result<WorkerChainConfig> read_chain(TomlTable table) {
  WorkerChainConfig out;
  TRY(out.global_config, path_value(table, "global_config", ""));
  TRY(TomlTable trusted, table.table("trusted_block"));
  TRY(out.trusted, read_trusted_block(std::move(trusted)));
  TRY(const auto age, table.duration_or("head_age_max", out.head_age_max));
  out.head_age_max = std::chrono::floor<std::chrono::seconds>(age);
  if (out.head_age_max < std::chrono::seconds(5) || out.head_age_max > std::chrono::hours(1))
    return table.refuse("head_age_max", "must be from 5 s to 1 h");
  TRY_VOID(table.finish());
  return out;
}

Status read_places(TomlTable& root, WorkerConfig& out) {
  TRY(TomlTable registry, root.table("registry"));
  if (registry.has("address") == registry.has("file"))
    return registry.refuse("address", "give the registry's address, or on a devnet its file");
  if (registry.has("address")) {
    TRY(out.registry_address, registry.text("address", 128));
    if (!is_raw_address(out.registry_address))
      return registry.refuse("address", "must be a raw address on TON, 0: or -1: and 64 digits");
  } else {
    TRY(out.registry_file, path_value(registry, "file", ""));
  }
  TRY_VOID(registry.finish());
  TRY(TomlTable chain, root.table("chain"));
  TRY(out.chain, read_chain(std::move(chain)));
  TRY(TomlTable tee, root.table_or_empty("tee"));
  TRY(out.tsm_path, path_value(tee, "tsm_path", out.tsm_path));
  if (tee.has("collateral_file")) {
    TRY(out.collateral_file, path_value(tee, "collateral_file", ""));
  }
  if (tee.has("gpu_path") || tee.has("gpu_golden_file")) {
    TRY(out.gpu_path, path_value(tee, "gpu_path", ""));
    TRY(out.gpu_golden_file, path_value(tee, "gpu_golden_file", ""));
  }
  TRY_VOID(tee.finish());
  TRY(TomlTable admin, root.table_or_empty("admin"));
  TRY(const std::int64_t port, admin.integer_or("port", out.admin_port, {0, 65'535}));
  out.admin_port = static_cast<std::uint16_t>(port);
  TRY_VOID(admin.finish());
  TRY(TomlTable log, root.table_or_empty("log"));
  TRY(const std::string level, log.text_or("level", "info", 16));
  const auto parsed = parse_log_level(level);
  if (!parsed) return log.refuse("level", "must be debug, info, warn or error");
  out.log_level = *parsed;
  return log.finish();
}

Result<WorkerConfig> read_config(BytesView toml) {
  TRY(TomlTable root, TomlTable::parse(as_text(toml), kWorkerConfigBytesMax));
  WorkerConfig out;
  TRY(const std::int64_t network, root.integer("network", {-kInt32Max - 1, kInt32Max}));
  out.network = NetworkId(static_cast<std::int32_t>(network));
  TRY(out.owner_address, name_value(root, "owner_address", ""));
  if (root.has("slot_id")) {
    TRY(out.slot_id, root.tagged_hex<SlotId>("slot_id"));
  }
  TRY(out.state_dir, path_value(root, "state_dir", ""));
  TRY(TomlTable engine, root.table("engine"));
  TRY(out.engine, read_engine(std::move(engine)));
  TRY(TomlTable model, root.table("model"));
  TRY(out.model, read_model(std::move(model), out.engine.kind));
  TRY(TomlTable limits, root.table_or_empty("limits"));
  TRY(out.limits, read_limits(std::move(limits)));
  TRY(std::vector<TomlTable> proxies, root.tables("proxies", kProxiesMax));
  if (proxies.empty()) return root.refuse("proxies", "at least one proxy is required");
  for (TomlTable& table : proxies) {
    TRY(WorkerProxyConfig proxy, read_proxy(std::move(table)));
    out.proxies.push_back(std::move(proxy));
  }
  TRY_VOID(read_places(root, out));
  TRY_VOID(root.finish());
  return out;
}

}  // namespace

Result<WorkerConfig> parse_worker_config(BytesView toml) {
  auto config = read_config(toml);
  if (!config) {
    return fail(AttestError::kForbiddenConfig, "configuration: " + config.error().message());
  }
  return config;
}

}  // namespace cocoon::attest
