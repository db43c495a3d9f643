// tdx-sim: TDX quotes for machines without TDX. Development only.

#include <openssl/rand.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>

#include "apps/tdx-sim/devices.h"
#include "apps/tdx-sim/secret_file.h"
#include "apps/tdx-sim/state.h"
#include "apps/tdx-sim/tree.h"
#include "base/check.h"

namespace cocoon::apps {
namespace {

constexpr const char* kSummary =
    "Stands in for the kernel's configfs-tsm tree and signs TDX quotes under a development root.";
constexpr const char* kManual = R"(DESCRIPTION
  Whoever wants a quote makes a folder in the tree, writes the 64 bytes of REPORTDATA to its file inblob and reads the
  file outblob, as with /sys/kernel/config/tsm/report on a real trust domain. The quotes have the genuine format,
  version 4, and genuine signatures, up to a root certificate that this program made for itself. Verifiers accept them
  on the development network only, and only if the registry lists that root. They prove nothing about this machine.

FILES
  STATE/platform.cbor   keys and certificates, mode 0600; made at the first start
  STATE/root.der, root.pem, root.sha256
                        the root certificate and its fingerprint, for the registry's [attestation] roots
  STATE/collateral.json what a vendor publishes about this machine, for the worker's [tee] collateral_file
  STATE/snp.cbor, snp-root.der, snp-root.sha256, snp-measurement.hex
                        with --platform snp-turin or snp-milan: an EPYC's keys, its root, and what its guest measures
  STATE/gpu.cbor, gpu-root.der, gpu-root.sha256, golden.json, golden.json.sig, golden-key.hex, gpu-evidence.cbor
                        with --gpu-nonce or --gpu-tsm: a GPU's keys, its root, golden measurements that match it, and its
                        evidence for that nonce
  STATE/ppid.hex        what names the machine, for the registry's banned_platforms; gpu-id.hex names its GPU
  STATE/image.toml      what the simulated machine measures, for the registry's [[images]]; written last

OUTPUT
  One line "READY root=FINGERPRINT" on standard output once quotes can be had; a JSON object a line on standard error.

EXIT STATUS
  0  stopped by SIGTERM or SIGINT, or --init done
  1  failed; the reason is on standard error
  2  wrong usage

EXAMPLE
  tdx-sim --tsm /tmp/net/tsm --state /tmp/net/tdx-sim)";

constexpr long kPollNanoseconds = 20'000'000;

volatile std::sig_atomic_t stop_requested = 0;
void request_stop(int) { stop_requested = 1; }

void fill_random(MutableBytesView out) {
  COCOON_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) == 1);
}

struct Arguments {
  std::filesystem::path tsm;
  std::filesystem::path state;
  std::optional<std::filesystem::path> measurements;
  std::string log_level = "info";
  tdxsim::QuoteOptions quote;
  enum class Platform : std::uint8_t { kTdx, kSnpTurin, kSnpMilan } platform = Platform::kTdx;
  std::optional<ByteArray<32>> gpu_nonce;
  std::filesystem::path gpu_tsm;  // empty: no GPU
  SimState::Published published = SimState::Published::kOrderly;
  enum class Mode : std::uint8_t { kServe, kInitOnly } mode = Mode::kServe;
};

// Eight bytes as in the quote, lowest first: "0000001000000000".
std::optional<std::uint64_t> parse_attributes(const std::string& hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() != 8) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;)
    value = value << 8U | std::to_integer<std::uint64_t>((*bytes)[i]);
  return value;
}

std::optional<ByteArray<32>> parse_nonce(const std::string& hex) {
  const auto nonce = TaggedBytes<struct GpuNonceTag, 32>::from_hex(hex);
  return nonce ? std::optional(nonce->bytes()) : std::nullopt;
}

UnixSeconds now() {
  return UnixSeconds(
      static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count()));
}

int wrong_usage(const char* why) {
  std::fprintf(stderr, "tdx-sim: %s\n", why);
  return 2;
}

int fail_with(const Error& error) {
  std::fprintf(stderr, "tdx-sim: %s\n", error.message().c_str());
  return 1;
}

// Exit status if there is nothing to run.
std::optional<int> parse_arguments(int argc, char** argv, Arguments& out) {
  CLI::App app(kSummary, "tdx-sim");
  app.footer(kManual);
  app.set_version_flag("--version", "cocoon " COCOON_VERSION);
  std::string measurements;
  std::string attributes;
  std::string platform = "tdx";
  std::string gpu_nonce;
  bool init_only = false;
  bool flip = false;
  bool flawed_collateral = false;
  app.add_option("--tsm", out.tsm, "the folder that plays configfs-tsm; made if absent")
      ->required()
      ->type_name("DIR");
  app.add_option("--state", out.state, "where keys and certificates are kept; made if absent")
      ->required()
      ->type_name("DIR");
  app.add_option("--measurements", measurements,
                 "an image in TOML instead of the default measurements")
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  app.add_option("--log-level", out.log_level, "debug, info, warn or error")->capture_default_str();
  app.add_flag("--init", init_only, "make the state and stop");
  app.add_option("--td-attributes", attributes,
                 "for tests: claim these TD attributes, 8 bytes as in the quote; the healthy "
                 "default is 0000001000000000")
      ->type_name("HEX");
  app.add_flag("--report-data-flip", flip,
               "for tests: quote over other bytes than those asked for");
  app.add_flag("--flawed-collateral", flawed_collateral,
               "for tests: also write what verifiers must refuse: STATE/collateral-expired.json, "
               "collateral-rolled-back.json, collateral-revoked.json; for a new machine only");
  app.add_option("--platform", platform,
                 "tdx, snp-turin, or snp-milan, which nobody accepts: whose reports the tree gives")
      ->check(CLI::IsMember({"tdx", "snp-turin", "snp-milan"}))
      ->capture_default_str();
  app.add_option(
         "--gpu-nonce", gpu_nonce,
         "also make a GPU with golden measurements, write its evidence for these 32 bytes to "
         "STATE/gpu-evidence.cbor, and stop")
      ->type_name("HEX");
  app.add_option("--gpu-tsm", out.gpu_tsm,
                 "also make a GPU, and serve a second tree that answers for it")
      ->type_name("DIR");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!measurements.empty()) out.measurements = measurements;
  if (platform == "snp-turin") out.platform = Arguments::Platform::kSnpTurin;
  if (platform == "snp-milan") out.platform = Arguments::Platform::kSnpMilan;
  if (!gpu_nonce.empty()) {
    out.gpu_nonce = parse_nonce(gpu_nonce);
    if (!out.gpu_nonce) return wrong_usage("--gpu-nonce: expected 32 bytes in hexadecimal");
  }
  if (flawed_collateral) out.published = SimState::Published::kWithFlawed;
  if (init_only) out.mode = Arguments::Mode::kInitOnly;
  if (flip) out.quote.report_data = tdxsim::QuoteOptions::ReportData::kFirstBitFlipped;
  if (!attributes.empty()) {
    const auto value = parse_attributes(attributes);
    if (!value) return wrong_usage("--td-attributes: expected 8 bytes in hexadecimal");
    out.quote.td_attributes = *value;
  }
  return std::nullopt;
}

template <std::size_t N>
ByteArray<N> exactly(BytesView bytes) {
  ByteArray<N> out{};
  std::ranges::copy(bytes.first(N), out.begin());
  return out;
}

// The tree that answers for a simulated GPU, if there is one.
Result<std::optional<TsmTree>> open_gpu_tree(const Arguments& arguments, UnixSeconds now,
                                             const Logger& log) {
  if (arguments.gpu_tsm.empty()) return std::optional<TsmTree>();
  TRY(SimGpu device, open_gpu(arguments.state, fill_random, now));
  const auto gpu = std::make_shared<const tdxsim::SimulatedGpu>(std::move(device.gpu));
  const auto answer = [gpu](BytesView inblob) -> Result<Bytes> {
    TRY(attest::nvidia::GpuEvidence evidence, gpu->evidence(exactly<32>(inblob)));
    return to_bytes(tdxsim::evidence_list({std::move(evidence)}));
  };
  TsmTree tree(arguments.gpu_tsm, answer, log, {.name = "nvidia_gpu", .inblob_size = 32});
  TRY_VOID(tree.open());
  return tree;
}

int serve_tree(const Arguments& arguments, TsmTree& tree, std::string_view root,
               const Logger& log) {
  if (const Status opened = tree.open(); !opened) return fail_with(opened.error());
  auto gpus = open_gpu_tree(arguments, now(), log);
  if (!gpus) return fail_with(gpus.error());
  std::printf("READY root=%s\n", std::string(root).c_str());
  std::fflush(stdout);
  while (stop_requested == 0) {
    tree.serve_once();
    if (auto& gpu_tree = *gpus; gpu_tree.has_value()) gpu_tree->serve_once();
    const timespec pause{.tv_sec = 0, .tv_nsec = kPollNanoseconds};
    ::nanosleep(&pause, nullptr);
  }
  log.info("tdxsim.stopped");
  return 0;
}

int serve_tdx(const Arguments& arguments, const SimState& state, const Logger& log) {
  TsmTree tree(
      arguments.tsm,
      [&](BytesView report_data) {
        return state.platform().quote(exactly<64>(report_data), state.measurements(),
                                      arguments.quote);
      },
      log);
  return serve_tree(arguments, tree, state.platform().root_fingerprint().hex(), log);
}

int serve_snp(const Arguments& arguments, const tdxsim::SnpPlatform& snp, const Logger& log) {
  TsmTree tree(arguments.tsm,
               [&](BytesView report_data) {
                 return snp.report(exactly<64>(report_data), tdxsim::default_snp_measurement());
               },
               log, {.name = "sev_guest", .auxblob = snp.certificate_table()});
  return serve_tree(arguments, tree, to_hex(snp.root_fingerprint()), log);
}

// Evidence of the simulated GPU for this nonce, in the state folder.
Status write_gpu_evidence(const Arguments& arguments, const ByteArray<32>& nonce, UnixSeconds now) {
  TRY(const SimGpu device, open_gpu(arguments.state, fill_random, now));
  TRY(attest::nvidia::GpuEvidence evidence, device.gpu.evidence(nonce));
  const auto whole = tdxsim::with_golden({std::move(evidence)}, device.golden_key);
  return publish_file(arguments.state / "gpu-evidence.cbor", whole.encode(),
                      files::FileMode::kPublic);
}

int run(int argc, char** argv) {
  Arguments arguments;
  if (const auto status = parse_arguments(argc, argv, arguments)) return *status;
  const auto level = parse_log_level(arguments.log_level);
  if (!level) return wrong_usage("--log-level: must be debug, info, warn or error");
  std::signal(SIGTERM, request_stop);
  std::signal(SIGINT, request_stop);
  const UnixSeconds start = now();
  const auto state = SimState::open(arguments.state, arguments.measurements, fill_random, start,
                                    arguments.published);
  if (!state) return fail_with(state.error());
  if (arguments.gpu_nonce) {
    const Status written = write_gpu_evidence(arguments, *arguments.gpu_nonce, start);
    return written ? 0 : fail_with(written.error());
  }
  const Logger log = Logger::to_stderr(*level);
  if (arguments.platform == Arguments::Platform::kTdx) {
    return arguments.mode == Arguments::Mode::kInitOnly ? 0 : serve_tdx(arguments, *state, log);
  }
  const auto product = arguments.platform == Arguments::Platform::kSnpMilan
                           ? attest::amd::Product::kMilan
                           : attest::amd::Product::kTurin;
  const auto snp = open_snp(arguments.state, fill_random, start, product);
  if (!snp) return fail_with(snp.error());
  return arguments.mode == Arguments::Mode::kInitOnly ? 0 : serve_snp(arguments, *snp, log);
}

}  // namespace
}  // namespace cocoon::apps

int main(int argc, char** argv) {
  try {
    return cocoon::apps::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tdx-sim: %s\n", error.what());
    return 1;
  }
}
