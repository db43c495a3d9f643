#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "config/client_config.h"
#include "config/key_file.h"
#include "config/proxy_config.h"
#include "files/small_files.h"

using namespace cocoon;
using namespace cocoon::config;
namespace fs = std::filesystem;

namespace {

const std::string kClientBasics = R"(network = -777
state_dir = "state"
[registry]
file = "registry.toml"
[chain]
global_config = "/srv/global.config.json"
)";
const std::string kProxyBasics = R"(network = -777
identity_key_file = "proxy.key"
state_dir = "state"
[registry]
file = "registry.toml"
[chain]
global_config = "global.config.json"
)";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "cocoon-config-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { fs::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] fs::path write(const std::string& name, std::string_view text, mode_t mode) const {
    const fs::path file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    REQUIRE(::chmod(file.c_str(), mode) == 0);
    return file;
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string client_error(const std::string& more) {
  const auto config = parse_client_config(kClientBasics + more, "/etc/cocoon");
  REQUIRE_FALSE(config.has_value());
  return config.error().message();
}

std::string proxy_error(const std::string& more) {
  const auto config = parse_proxy_config(kProxyBasics + more, "/etc/cocoon");
  REQUIRE_FALSE(config.has_value());
  return config.error().message();
}

}  // namespace

TEST_CASE("a client configuration needs only its network, its folder and its world") {
  const auto config = parse_client_config(kClientBasics, "/etc/cocoon");
  REQUIRE(config.has_value());
  CHECK(config->network == kDevnetNetworkId);
  CHECK(config->listen == Endpoint{"127.0.0.1", 10000});
  CHECK(config->api_keys.empty());
  CHECK(config->candidates == 3);
  CHECK(config->price_max == NanoTon{});
  CHECK(config->log.level == LogLevel::kInfo);
}

TEST_CASE("relative paths are taken from the folder of the configuration file") {
  const auto config = parse_client_config(kClientBasics, "/etc/cocoon");
  REQUIRE(config.has_value());
  CHECK(config->state_dir == "/etc/cocoon/state");
  CHECK(config->world.registry_file == "/etc/cocoon/registry.toml");
  CHECK(config->world.global_config == "/srv/global.config.json");
}

TEST_CASE("every client setting is read with its unit") {
  const auto config = parse_client_config(kClientBasics + R"(
[listen]
host = "::1"
port = 8080
api_keys = ["sk-one-of-mine"]
allowed_hosts = ["ai.local:8080"]
allowed_origins = ["https://app.example"]
[request]
candidates = 1
output_tokens_default = 10
output_tokens_max = 20
bytes_max = "64 KiB"
price_max = "0.05 TON"
[timeouts]
connect = "250ms"
first_frame = "2m"
idle = "30s"
shutdown = "1s"
[admin]
port = 0
[log]
level = "warn"
)",
                                          "/etc/cocoon");
  REQUIRE(config.has_value());
  CHECK(config->listen == Endpoint{"::1", 8080});
  REQUIRE(config->api_keys.size() == 1);
  CHECK(as_text(config->api_keys[0].expose()) == "sk-one-of-mine");
  CHECK(config->allowed_hosts == std::vector<std::string>{"ai.local:8080"});
  CHECK(config->allowed_origins == std::vector<std::string>{"https://app.example"});
  CHECK(config->candidates == 1);
  CHECK(config->output_tokens_default == 10);
  CHECK(config->output_tokens_max == 20);
  CHECK(config->request_bytes_max == 64 * 1024);
  CHECK(config->price_max.nano() == 50'000'000);
  CHECK(config->connect_timeout == std::chrono::milliseconds(250));
  CHECK(config->first_frame_timeout == std::chrono::minutes(2));
  CHECK(config->idle_timeout == std::chrono::seconds(30));
  CHECK(config->shutdown_grace == std::chrono::seconds(1));
  CHECK(config->admin.port == 0);
  CHECK(config->log.level == LogLevel::kWarn);
}

TEST_CASE("refuses unknown keys in every table, by name") {
  CHECK(client_error("[request]\ncandidate = 3\n").find("request.candidate") != std::string::npos);
  CHECK(client_error("[listen]\nverify = false\n").find("listen.verify") != std::string::npos);
  CHECK(client_error("[timeouts]\nread = \"1s\"\n").find("timeouts.read") != std::string::npos);
  CHECK(client_error("[admin]\nhost = \"0.0.0.0\"\n").find("admin.host") != std::string::npos);
  CHECK(client_error("[log]\nbodies = true\n").find("log.bodies") != std::string::npos);
  CHECK(client_error("[policy]\naccept = \"all\"\n").find("policy") != std::string::npos);
  CHECK(proxy_error("[limits]\nworker = 3\n").find("limits.worker") != std::string::npos);
  CHECK(proxy_error("[listen]\napi_keys = []\n").find("listen.api_keys") != std::string::npos);
  CHECK(proxy_error("[request]\ncandidates = 3\n").find("request") != std::string::npos);
}

TEST_CASE("refuses a client that other machines could use without a key") {
  const auto open = parse_client_config(kClientBasics + "[listen]\nhost = \"0.0.0.0\"\n", "/");
  REQUIRE_FALSE(open.has_value());
  CHECK(open.error().is(ConfigError::kInsecure));
  CHECK(parse_client_config(
            kClientBasics + "[listen]\nhost = \"0.0.0.0\"\napi_keys = [\"long enough\"]\n", "/")
            .has_value() == false);  // a space inside
  CHECK(parse_client_config(
            kClientBasics + "[listen]\nhost = \"0.0.0.0\"\napi_keys = [\"long-enough\"]\n", "/")
            .has_value());
}

TEST_CASE("refuses settings outside their range") {
  for (const std::string more : {
           "[request]\ncandidates = 0\n",
           "[request]\ncandidates = 17\n",
           "[request]\noutput_tokens_default = 5000\n",
           "[request]\noutput_tokens_max = 0\n",
           "[request]\nbytes_max = \"32 MiB\"\n",
           "[request]\nbytes_max = 65536\n",
           "[request]\nprice_max = 0.05\n",
           "[request]\nprice_max = \"-1 TON\"\n",
           "[listen]\nport = 65536\n",
           "[listen]\nhost = \"a/b\"\n",
           "[listen]\nhost = \"\"\n",
           "[listen]\napi_keys = [\"short\"]\n",
           "[listen]\nallowed_origins = [\"*\"]\n",
           "[listen]\nallowed_origins = [\"https://app.example/path\"]\n",
           "[timeouts]\nidle = \"0s\"\n",
           "[timeouts]\nidle = \"2h\"\n",
           "[timeouts]\nidle = 30\n",
           "[log]\nlevel = \"trace\"\n",
       }) {
    CAPTURE(more);
    CHECK_FALSE(parse_client_config(kClientBasics + more, "/").has_value());
  }
  CHECK_FALSE(parse_client_config("network = 5000000000", "/").has_value());
}

TEST_CASE("output tokens by default never exceed the maximum that was set") {
  const auto config =
      parse_client_config(kClientBasics + "[request]\noutput_tokens_max = 50\n", "/");
  REQUIRE(config.has_value());
  CHECK(config->output_tokens_default == 50);
}

TEST_CASE("refuses a configuration without its required settings") {
  CHECK_FALSE(parse_client_config("", "/").has_value());
  CHECK(parse_client_config("network = -777\nstate_dir = \"s\"\n", "/")
            .error()
            .message()
            .find("registry") != std::string::npos);
  CHECK_FALSE(parse_proxy_config("", "/").has_value());
}

TEST_CASE("the registry is an address or a file, one of the two") {
  const std::string basics = "network = -777\nstate_dir = \"s\"\nchain.global_config = \"g\"\n";
  const std::string address = "0:" + std::string(64, 'a');
  const auto by_address =
      parse_client_config(basics + "registry.address = \"" + address + "\"\n", "/");
  REQUIRE(by_address.has_value());
  CHECK(by_address->world.registry_address == address);
  CHECK(by_address->world.registry_file.empty());
  CHECK(write_client_config(*by_address).find("address = \"" + address) != std::string::npos);
  for (const std::string& wrong :
       {std::string("registry.address = \"nowhere\"\n"), std::string("[registry]\n"),
        "registry.address = \"" + address + "\"\nregistry.file = \"r\"\n"}) {
    CAPTURE(wrong);
    const auto refused = parse_client_config(basics + wrong, "/");
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message().find("registry") != std::string::npos);
  }
}

TEST_CASE("a proxy configuration has bounded limits") {
  const auto config = parse_proxy_config(kProxyBasics + R"(
[limits]
workers = 5
connections = 50
connections_per_network = 11
streams_per_client = 7
queue_per_worker = 2
request_bytes = "1 MiB"
buffered_bytes = "8 MiB"
bills = 9
)",
                                         "/etc/cocoon");
  REQUIRE(config.has_value());
  CHECK(config->identity_key_file == "/etc/cocoon/proxy.key");
  CHECK(config->state_dir == "/etc/cocoon/state");
  CHECK(config->listen == Endpoint{"127.0.0.1", 11000});
  CHECK(config->workers_max == 5);
  CHECK(config->connections_max == 50);
  CHECK(config->connections_per_network_max == 11);
  CHECK(config->streams_per_client_max == 7);
  CHECK(config->queue_per_worker_max == 2);
  CHECK(config->request_bytes_max == 1U << 20U);
  CHECK(config->buffered_bytes_max == 8U << 20U);
  CHECK(config->bills_max == 9);
  CHECK(proxy_error("[limits]\nworkers = 0\n").find("workers") != std::string::npos);
  CHECK(proxy_error("[limits]\nbuffered_bytes = \"2 MiB\"\n").find("buffered_bytes") !=
        std::string::npos);
}

TEST_CASE("what is written reads back as the same configuration") {
  const auto client = parse_client_config(
      kClientBasics +
          "[listen]\napi_keys = [\"sk-\\\"quoted\\\"\"]\n[request]\nprice_max = \"0.5 TON\"\n",
      "/etc/cocoon");
  REQUIRE(client.has_value());
  const std::string text = write_client_config(*client);
  const auto again = parse_client_config(text, "/elsewhere");
  REQUIRE(again.has_value());
  CHECK(write_client_config(*again) == text);
  CHECK(again->state_dir == client->state_dir);
  CHECK(again->price_max == client->price_max);

  const auto proxy = parse_proxy_config(kProxyBasics, "/etc/cocoon");
  REQUIRE(proxy.has_value());
  const auto proxy_again = parse_proxy_config(write_proxy_config(*proxy), "/elsewhere");
  REQUIRE(proxy_again.has_value());
  CHECK(write_proxy_config(*proxy_again) == write_proxy_config(*proxy));
}

TEST_CASE("a file that is absent, a folder or too long is refused with its name") {
  const TemporaryFolder folder;
  const auto absent = load_client_config(folder.path() / "absent.toml");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().is(files::FileError::kUnreadable));
  CHECK(absent.error().message().find("absent.toml") != std::string::npos);
  CHECK_FALSE(load_proxy_config(folder.path()).has_value());
  const fs::path long_file =
      folder.write("long.toml", kClientBasics + std::string(kConfigBytesMax, '#'), 0644);
  CHECK(load_client_config(long_file).error().is(files::FileError::kTooLong));
  const fs::path good = folder.write("client.toml", kClientBasics, 0644);
  const auto config = load_client_config(good);
  REQUIRE(config.has_value());
  CHECK(config->state_dir == folder.path() / "state");
}

TEST_CASE("only addresses of this machine count as loopback") {
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("127.8.9.10"));
  CHECK(is_loopback("::1"));
  CHECK(is_loopback("localhost"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("127.0.0.1.example.org"));
  CHECK_FALSE(is_loopback("127.1"));
  CHECK_FALSE(is_loopback("10.0.0.1"));
  CHECK_FALSE(is_loopback("::"));
}

TEST_CASE("a key file is read back as it was created, and only its owner may use it") {
  const TemporaryFolder folder;
  ByteArray<32> bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = std::byte(i * 7);
  const auto seed = SecretArray<32>::copy_of(bytes);
  REQUIRE(seed.has_value());
  const fs::path file = folder.path() / "proxy.key";
  REQUIRE(create_key_file(file, *seed).has_value());
  struct stat status{};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600U);
  const auto loaded = load_key_file(file);
  REQUIRE(loaded.has_value());
  CHECK(*loaded == *seed);
}

TEST_CASE("creating a key file never overwrites one") {
  const TemporaryFolder folder;
  const fs::path file = folder.write("proxy.key", "precious", 0600);
  CHECK_FALSE(create_key_file(file, SecretArray<32>{}).has_value());
  CHECK(fs::file_size(file) == 8);
}

TEST_CASE("refuses key files that others may use, links, folders and malformed keys") {
  const TemporaryFolder folder;
  const std::string digits(64, 'a');
  CHECK(load_key_file(folder.write("good", digits + "\n", 0600)).has_value());
  CHECK(load_key_file(folder.write("read_only", digits, 0400)).has_value());
  CHECK(load_key_file(folder.write("group", digits, 0640)).error().is(ConfigError::kInsecure));
  CHECK(load_key_file(folder.write("others", digits, 0604)).error().is(ConfigError::kInsecure));
  CHECK(load_key_file(folder.path()).error().is(ConfigError::kInsecure));
  fs::create_symlink(folder.path() / "good", folder.path() / "link");
  CHECK_FALSE(load_key_file(folder.path() / "link").has_value());
  for (const std::string& text : {std::string(63, 'a'), std::string(65, 'a'), digits + "\n\n",
                                  std::string(64, 'g'), std::string(64, 'A'), std::string()}) {
    CAPTURE(text);
    CHECK(load_key_file(folder.write("bad", text, 0600)).error().is(ConfigError::kBadSyntax));
  }
  CHECK(load_key_file(folder.path() / "absent").error().is(ConfigError::kUnreadable));
}
