#include "config/reading.h"

#include <algorithm>

#include "base/check.h"
#include "files/small_files.h"
#include "ton/block/address.h"

namespace cocoon::config {

using codec::TomlTable;

Result<std::string> read_config_file(const std::filesystem::path& file) {
  TRY(const Bytes text, files::read_file(file, kConfigBytesMax));
  return std::string(as_text(text));
}

Result<NetworkId> read_network(TomlTable& root) {
  TRY(const std::int64_t id, root.integer("network", {INT32_MIN, INT32_MAX}));
  return NetworkId(static_cast<std::int32_t>(id));
}

Result<std::filesystem::path> read_path(TomlTable& table, std::string_view key,
                                        const std::filesystem::path& base_folder) {
  constexpr std::size_t kPathBytesMax = 4096;
  TRY(const std::string text, table.text(key, kPathBytesMax));
  if (text.empty() || text.find('\0') != std::string::npos) return table.refuse(key, "not a path");
  return (base_folder / text).lexically_normal();
}

Result<WorldConfig> read_world(TomlTable& root, const std::filesystem::path& base_folder) {
  WorldConfig world;
  TRY(TomlTable registry, root.table("registry"));
  if (registry.has("address") == registry.has("file"))
    return registry.refuse("address", "give the registry's address, or on a devnet its file");
  if (registry.has("address")) {
    TRY(world.registry_address, registry.text("address", 128));
    if (const auto parsed = ton::parse_address(world.registry_address); !parsed)
      return registry.refuse("address", "must be an address on TON");
  } else {
    TRY(world.registry_file, read_path(registry, "file", base_folder));
  }
  TRY_VOID(registry.finish());
  TRY(TomlTable chain, root.table("chain"));
  TRY(world.global_config, read_path(chain, "global_config", base_folder));
  TRY(world.head_age_max, read_timeout(chain, "head_age_max", world.head_age_max));
  if (world.head_age_max < std::chrono::seconds(5))
    return chain.refuse("head_age_max", "must be from 5 s to 1 h");
  TRY_VOID(chain.finish());
  return world;
}

Result<Endpoint> read_endpoint(TomlTable& listen, const Endpoint& absent) {
  Endpoint endpoint;
  TRY(endpoint.host, listen.text_or("host", absent.host));
  const auto ordinary = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == ':' || c == '-';
  };
  if (endpoint.host.empty() || !std::ranges::all_of(endpoint.host, ordinary)) {
    return listen.refuse("host", "not a host name or address");
  }
  TRY(const std::int64_t port, listen.integer_or("port", absent.port, {0, UINT16_MAX}));
  endpoint.port = static_cast<std::uint16_t>(port);
  return endpoint;
}

Result<AdminConfig> read_admin(TomlTable& root, AdminConfig absent) {
  TRY(TomlTable admin, root.table_or_empty("admin"));
  TRY(const std::int64_t port, admin.integer_or("port", absent.port, {0, UINT16_MAX}));
  TRY_VOID(admin.finish());
  return AdminConfig{static_cast<std::uint16_t>(port)};
}

Result<LogConfig> read_log(TomlTable& root) {
  TRY(TomlTable log, root.table_or_empty("log"));
  TRY(const std::string name, log.text_or("level", "info"));
  const auto level = parse_log_level(name);
  if (!level) return log.refuse("level", "expected debug, info, warn or error");
  TRY_VOID(log.finish());
  return LogConfig{*level};
}

Result<std::uint32_t> read_count(TomlTable& table, std::string_view key, std::uint32_t absent,
                                 TomlTable::Range range) {
  COCOON_CHECK(range.min >= 0 && range.max <= UINT32_MAX);
  TRY(const std::int64_t value, table.integer_or(key, absent, range));
  return static_cast<std::uint32_t>(value);
}

Result<std::size_t> read_size(TomlTable& table, std::string_view key, std::size_t absent,
                              std::size_t min, std::size_t max) {
  TRY(const std::uint64_t value, table.byte_size_or(key, absent));
  if (value < min || value > max) {
    return table.refuse(
        key, "must be from " + std::to_string(min) + " to " + std::to_string(max) + " bytes");
  }
  return static_cast<std::size_t>(value);
}

Result<std::chrono::milliseconds> read_timeout(TomlTable& table, std::string_view key,
                                               std::chrono::milliseconds absent) {
  TRY(const std::chrono::milliseconds value, table.duration_or(key, absent));
  if (value < std::chrono::milliseconds(100) || value > std::chrono::hours(1)) {
    return table.refuse(key, "must be from 100 ms to 1 h");
  }
  return value;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  if (!host.starts_with("127.")) return false;
  // A name like 127.example.org is not an address.
  return std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; }) &&
         std::ranges::count(host, '.') == 3 && !host.ends_with('.') &&
         host.find("..") == std::string_view::npos;
}

std::string write_text(std::string_view key, std::string_view value) {
  return std::string(key) + " = " + codec::toml_quoted(value) + "\n";
}

std::string write_integer(std::string_view key, std::int64_t value) {
  return std::string(key) + " = " + std::to_string(value) + "\n";
}

std::string write_size(std::string_view key, std::size_t bytes) {
  return write_text(key, std::to_string(bytes) + " B");
}

std::string write_timeout(std::string_view key, std::chrono::milliseconds value) {
  return write_text(key, std::to_string(value.count()) + "ms");
}

std::string write_texts(std::string_view key, const std::vector<std::string>& values) {
  std::string line = std::string(key) + " = [";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) line += ", ";
    line += codec::toml_quoted(values[i]);
  }
  return line + "]\n";
}

std::string write_world(const WorldConfig& world) {
  const std::string registry = world.registry_address.empty()
                                   ? write_text("file", world.registry_file.string())
                                   : write_text("address", world.registry_address);
  return "\n[registry]\n" + registry + "\n[chain]\n" +
         write_text("global_config", world.global_config.string()) +
         write_timeout("head_age_max", world.head_age_max);
}

std::string write_endpoint(const Endpoint& endpoint) {
  return "\n[listen]\n" + write_text("host", endpoint.host) + write_integer("port", endpoint.port);
}

std::string write_admin_and_log(const AdminConfig& admin, const LogConfig& log) {
  std::string_view level;
  switch (log.level) {
    case LogLevel::kDebug:
      level = "debug";
      break;
    case LogLevel::kInfo:
      level = "info";
      break;
    case LogLevel::kWarn:
      level = "warn";
      break;
    case LogLevel::kError:
      level = "error";
      break;
  }
  return "\n[admin]\n" + write_integer("port", admin.port) + "\n[log]\n" +
         write_text("level", level);
}

}  // namespace cocoon::config
