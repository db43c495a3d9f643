#pragma once

#include <filesystem>
#include <string>

#include "codec/toml_table.h"
#include "config/common.h"

// What the configurations of both roles have in common; not for other rooms.
namespace cocoon::config {

// The text of a configuration file of at most kConfigBytesMax bytes.
[[nodiscard]] Result<std::string> read_config_file(const std::filesystem::path& file);

[[nodiscard]] Result<NetworkId> read_network(codec::TomlTable& root);
// A required path; relative ones are taken from `base_folder`.
[[nodiscard]] Result<std::filesystem::path> read_path(codec::TomlTable& table, std::string_view key,
                                                      const std::filesystem::path& base_folder);
[[nodiscard]] Result<WorldConfig> read_world(codec::TomlTable& root,
                                             const std::filesystem::path& base_folder);
// `host` and `port` of a table; the caller finishes it.
[[nodiscard]] Result<Endpoint> read_endpoint(codec::TomlTable& listen, const Endpoint& absent);
[[nodiscard]] Result<AdminConfig> read_admin(codec::TomlTable& root, AdminConfig absent);
[[nodiscard]] Result<LogConfig> read_log(codec::TomlTable& root);

[[nodiscard]] Result<std::uint32_t> read_count(codec::TomlTable& table, std::string_view key,
                                               std::uint32_t absent, codec::TomlTable::Range range);
[[nodiscard]] Result<std::size_t> read_size(codec::TomlTable& table, std::string_view key,
                                            std::size_t absent, std::size_t min, std::size_t max);
// From 100 ms to an hour.
[[nodiscard]] Result<std::chrono::milliseconds> read_timeout(codec::TomlTable& table,
                                                             std::string_view key,
                                                             std::chrono::milliseconds absent);

// TOML of what the readers above read.
[[nodiscard]] std::string write_world(const WorldConfig& world);
[[nodiscard]] std::string write_endpoint(const Endpoint& endpoint);
[[nodiscard]] std::string write_admin_and_log(const AdminConfig& admin, const LogConfig& log);
// `key = value` lines.
[[nodiscard]] std::string write_text(std::string_view key, std::string_view value);
[[nodiscard]] std::string write_integer(std::string_view key, std::int64_t value);
[[nodiscard]] std::string write_size(std::string_view key, std::size_t bytes);
[[nodiscard]] std::string write_timeout(std::string_view key, std::chrono::milliseconds value);
[[nodiscard]] std::string write_texts(std::string_view key, const std::vector<std::string>& values);

}  // namespace cocoon::config
