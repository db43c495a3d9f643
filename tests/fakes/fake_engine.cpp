#include <boost/asio/io_context.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string_view>

#include "tests/fakes/fake_server.h"

namespace {

constexpr std::string_view kHelp =
    "fake-engine: an OpenAI-compatible engine that makes its tokens up\n\n"
    "  --host PATH.sock     listen on a Unix socket (as llama-server does), or\n"
    "  --port N             on 127.0.0.1 (0: any; the port is printed)\n"
    "  --alias NAME         the model's name (default: fake)\n"
    "  --mode MODE          text, echo, tool, error, capitals, die, break, hang, huge\n"
    "  --tokens N           tokens of an answer (default: 8)\n"
    "  --interval-ms N      between two tokens (default: 0)\n"
    "  --chunk-bytes N      length of a token's text\n"
    "  --flavour NAME       metrics of: llama, vllm, sglang, none\n"
    "  --loading-ms N       how long /health says 503\n"
    "  --ignore-term        go on after SIGTERM\n"
    "  --die-after-ms N     end with exit code 9\n\n"
    "Unknown options are ignored. metadata.fake of a request overrides the above for its answer.\n";

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

struct Settings {
  fake::Options options;
  std::uint64_t die_after_ms = 0;
};

void apply(Settings& settings, std::string_view name, std::string_view value) {
  fake::Options& options = settings.options;
  if (name == "--host" && value.ends_with(".sock")) options.socket = value;
  if (name == "--port") options.port = static_cast<std::uint16_t>(number(value));
  if (name == "--alias") options.identity.model = value;
  if (name == "--mode" && !fake::parse_mode(value, options.plan.mode))
    std::fputs("unknown mode\n", stderr);
  if (name == "--tokens") options.plan.tokens = number(value);
  if (name == "--interval-ms") options.plan.interval = std::chrono::milliseconds(number(value));
  if (name == "--chunk-bytes") options.plan.chunk_bytes = number(value);
  if (name == "--loading-ms") options.loading = std::chrono::milliseconds(number(value));
  if (name == "--die-after-ms") settings.die_after_ms = number(value);
  if (name == "--flavour") {
    options.metrics = value == "vllm"     ? fake::MetricsFlavour::kVllm
                      : value == "sglang" ? fake::MetricsFlavour::kSglang
                      : value == "none"   ? fake::MetricsFlavour::kNone
                                          : fake::MetricsFlavour::kLlama;
  }
}

int run(int argc, char** argv) {
  Settings settings;
  settings.options.identity.created = std::time(nullptr);
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--help") {
      std::fputs(kHelp.data(), stdout);
      return 0;
    }
    if (name == "--ignore-term") std::signal(SIGTERM, SIG_IGN);
    if (i + 1 < argc) apply(settings, name, argv[i + 1]);
  }
  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context loop(1);
  fake::Server server(loop, settings.options);
  const std::uint16_t port = server.listen();
  if (port != 0) {
    std::printf("%u\n", port);
    std::fflush(stdout);
  }
  boost::asio::steady_timer end(loop);
  if (settings.die_after_ms != 0) {
    end.expires_after(std::chrono::milliseconds(settings.die_after_ms));
    end.async_wait([](boost::system::error_code) { ::_exit(9); });
  }
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "fake-engine: %s\n", failure.what());
    return 1;
  }
}
