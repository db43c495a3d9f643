#include "attest/worker_config.h"

#include <doctest/doctest.h>

#include "attest/intel/recorded_test.h"

using namespace cocoon;
using namespace cocoon::attest;

namespace {

std::string full() {
  return std::string(as_text(intel::test::read_file("tests/data/formats/worker.toml")));
}

std::string with(std::string_view what, std::string_view instead) {
  std::string text = full();
  const std::size_t at = text.find(what);
  REQUIRE_NE(at, std::string::npos);
  return text.replace(at, what.size(), instead);
}

Result<WorkerConfig> parse(const std::string& text) { return parse_worker_config(as_bytes(text)); }

}  // namespace

TEST_CASE("every key of a worker's configuration is read") {
  const WorkerConfig config = parse(full()).value();
  CHECK_EQ(config.network, kDevnetNetworkId);
  CHECK_EQ(config.owner_address, "EQowner");
  CHECK_EQ(config.slot_id.hex(), "000102030405060708090a0b0c0d0e0f");
  CHECK_EQ(config.engine.kind, WorkerEngineConfig::Kind::kLlamaServer);
  CHECK_EQ(config.engine.program, "/opt/cocoon/llama-server");
  CHECK_EQ(config.engine.threads, 2);
  CHECK_EQ(config.engine.context_tokens, 8192);
  CHECK_EQ(config.engine.parallel, 3);
  CHECK_EQ(config.model.name, "SmolLM2-135M-Instruct");
  CHECK_EQ(config.model.path, "/models/smollm2.gguf");
  CHECK_EQ(config.model.private_dir, "/run/cocoon/model");
  CHECK_EQ(config.limits.queue, 32);
  CHECK_EQ(config.limits.running, 3);
  CHECK_EQ(config.limits.request_bytes_max, 8ULL << 20U);
  CHECK_EQ(config.limits.output_tokens_max, 1024);
  REQUIRE_EQ(config.proxies.size(), 2);
  CHECK_EQ(config.proxies[1].host, "proxy.example");
  CHECK_EQ(config.proxies[1].port, 11001);
  CHECK_EQ(config.proxies[1].key.hex(), std::string(64, 'b'));
  CHECK_EQ(config.registry_file, "registry.toml");
  CHECK_EQ(config.chain.global_config, "global.config.json");
  CHECK_EQ(config.chain.trusted.seqno.value(), 59379986);
  CHECK_EQ(config.chain.trusted.root_hash.hex(), std::string(64, '1'));
  CHECK_EQ(config.chain.trusted.file_hash.hex(), std::string(64, '2'));
  CHECK(config.chain.head_age_max == std::chrono::minutes(20));
  CHECK_EQ(config.tsm_path, "/run/tsm");
  CHECK_EQ(config.collateral_file, "/run/collateral.json");
  CHECK_EQ(config.gpu_path, "/run/gpu");
  CHECK_EQ(config.gpu_golden_file, "/run/golden.json");
  CHECK_EQ(config.admin_port, 12001);
  CHECK_EQ(config.state_dir, "/var/lib/cocoon");
  CHECK_EQ(config.log_level, LogLevel::kWarn);
}

TEST_CASE("what may be left out has its default") {
  const tdxsim::WorkerFixture fixture = tdxsim::make_worker_fixture();
  const WorkerConfig config = parse(fixture.configuration).value();
  CHECK_EQ(config.engine.threads, 1);
  CHECK_EQ(config.limits.request_bytes_max, 32ULL << 20U);
  CHECK_EQ(config.tsm_path, "/sys/kernel/config/tsm/report");
  CHECK(config.collateral_file.empty());
  CHECK(config.chain.head_age_max == kHeadAgeMaxDefault);
  CHECK_EQ(config.admin_port, 12000);
  CHECK_EQ(config.log_level, LogLevel::kInfo);
}

TEST_CASE("a worker's registry is a contract in its one spelling, or a devnet's file") {
  const std::string file = "file = \"registry.toml\"";
  const std::string address = "0:" + std::string(64, 'a');
  const WorkerConfig config = parse(with(file, "address = \"" + address + "\"")).value();
  CHECK_EQ(config.registry_address, address);
  CHECK(config.registry_file.empty());
  CHECK(parse(with(file, "address = \"-1:" + std::string(64, '0') + "\"")).has_value());
  for (const std::string& wrong :
       {"1:" + std::string(64, 'a'), "0:" + std::string(63, 'a'), "0:" + std::string(64, 'A'),
        std::string(64, 'a'), std::string("EQA"), std::string()}) {
    CAPTURE(wrong);
    const auto refused = parse(with(file, "address = \"" + wrong + "\""));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message().contains("registry.address"));
  }
  CHECK_FALSE(parse(with(file, file + "\naddress = \"" + address + "\"")).has_value());
}

TEST_CASE("everything outside of the schema is refused with its key") {
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"surprise = 1\n" + full(), "surprise: unknown key"},
      {with("threads = 2", "threads = 2\nextra_args = \"--api\""),
       "engine.extra_args: unknown key"},
      {with("threads = 2", "threads = 0"), "engine.threads"},
      {with("\"llama-server\"", "\"vllm\""), "engine.kind"},
      {with("kind = \"llama-server\"\n", ""), "engine.kind: missing"},
      {with("\"/opt/cocoon/llama-server\"", "\"/opt/$(id)\""), "engine.program"},
      {with("\"/opt/cocoon/llama-server\"", "\"--flag\""), "engine.program"},
      {with("\"/opt/cocoon/llama-server\"", "\"/opt/a\\nb\""), "engine.program"},
      {with("\"8 MiB\"", "8388608"), "limits.request_bytes_max"},
      {with("\"8 MiB\"", "\"33 MiB\""), "limits.request_bytes_max"},
      {with("port = 11001", "port = 70000"), "proxies[1].port"},
      {with(std::string(64, 'b'), std::string(62, 'b')), "proxies[1].key"},
      {with("proxy.example", "proxy example"), "proxies[1].host"},
      {with("head_age_max = \"20m\"", "head_age_max = \"2h\""), "chain.head_age_max"},
      {with("head_age_max = \"20m\"", "head_age_max = \"1s\""), "chain.head_age_max"},
      {with("[chain.trusted_block]", "[chain.other]"), "chain.trusted_block"},
      {with("seqno = 59379986\n", ""), "chain.trusted_block.seqno"},
      {with("seqno = 59379986", "seqno = 4294967296"), "chain.trusted_block.seqno"},
      {with("level = \"warn\"", "level = \"loud\""), "log.level"},
      {with("network = -777", "network = \"devnet\""), "network"},
      {with("\"000102", "\"0001"), "slot_id"},
      {"", "network: missing"},
      {"network = -777 # " + std::string(kWorkerConfigBytesMax, 'x'), "over"},
      {"not toml", "line 1"},
  };
  for (const auto& tried : cases) {
    CAPTURE(tried.says);
    const auto config = parse(tried.text);
    REQUIRE_FALSE(config.has_value());
    CHECK(config.error().is(AttestError::kForbiddenConfig));
    CAPTURE(config.error().message());
    CHECK(config.error().message().contains(tried.says));
  }
}

TEST_CASE("a model without a private copy is one that lies on dm-verity") {
  const auto config = parse(with("private_dir = \"/run/cocoon/model\"\n", ""));
  CHECK_EQ(config.value().model.private_dir, "");
}

TEST_CASE("an external engine is a port of this machine and nothing else") {
  const auto external = [](std::string_view url) {
    std::string text = with("kind = \"llama-server\"\n", "kind = \"external\"\n");
    const std::string program = "program = \"/opt/cocoon/llama-server\"";
    text.replace(text.find(program), program.size(), "url = \"" + std::string(url) + "\"");
    const std::size_t path = text.find("path = ");
    text.erase(path, text.find("[limits]") - path);
    return parse(text);
  };
  CHECK_EQ(external("http://127.0.0.1:8080").value().engine.url, "http://127.0.0.1:8080");
  CHECK(external("http://[::1]:1").has_value());
  CHECK(external("http://127.0.0.1:8080").value().model.path.empty());
  for (const char* bad :
       {"https://127.0.0.1:8080", "http://127.0.0.1", "http://127.0.0.1:", "http://127.0.0.1:0",
        "http://127.0.0.1:80/v1", "http://127.0.0.1:080", "http://10.0.0.1:80",
        "http://127.0.0.1:8080@evil.example", "http://127.0.0.1:65536"}) {
    CAPTURE(bad);
    CHECK_FALSE(external(bad).has_value());
  }
  // Keys of the other kind of engine are unknown to this one.
  CHECK_FALSE(parse(with("threads = 2", "threads = 2\nurl = \"http://127.0.0.1:1\"")).has_value());
}

TEST_CASE("GPUs have a tree and golden measurements, or neither") {
  CHECK_FALSE(parse(with("gpu_path = \"/run/gpu\"\n", "")).has_value());
  CHECK_FALSE(parse(with("gpu_golden_file = \"/run/golden.json\"\n", "")).has_value());
  const std::string none =
      with("gpu_path = \"/run/gpu\"\ngpu_golden_file = \"/run/golden.json\"\n", "");
  CHECK(parse(none)->gpu_path.empty());
}
