#include "apps/cocoon/bench_attest_subjects.h"

#include <memory>

#include "apps/cocoon/error.h"
#include "attest/amd/evidence.h"
#include "attest/checks.h"
#include "attest/nvidia/evidence.h"
#include "attest/verdict.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
namespace amd = attest::amd;
namespace intel = attest::intel;
namespace nvidia = attest::nvidia;

constexpr std::size_t kFileBytesMax = 256 * 1024;
constexpr std::size_t kRemembered = 16;
constexpr UnixSeconds kMid2025{1'750'000'000};
constexpr UnixSeconds kMid2026{1'783'000'000};

Status refused(const std::string& name, const std::string& why) {
  return fail(AppError::kBadAnswer, name + " was refused: " + why);
}

Status first_problem(const std::vector<Error>& problems) {
  if (problems.empty()) return {};
  return std::unexpected(problems.front());
}

struct QuoteCase {
  Bytes quote;
  Bytes collateral;
  UnixSeconds at;
};

// What a running verifier has at hand when another quote of a known platform arrives.
struct WarmQuoteVerifier {
  std::vector<attest::RootFingerprint> roots{intel::intel_sgx_root()};
  intel::QuoteVerifier quotes;
  intel::VerifiedCollateral collateral;

  [[nodiscard]] Status verify(const QuoteCase& input) {
    TRY(intel::UnverifiedQuote unverified, intel::UnverifiedQuote::parse(input.quote));
    TRY(const intel::VerifiedQuote quote, quotes.verify(std::move(unverified), roots));
    const intel::TcbJudgement tcb = intel::judge_tcb(quote, collateral, input.at);
    TRY_VOID(first_problem(attest::platform_problems(tcb, quote, collateral, input.at, nullptr)));
    return first_problem(attest::td_problems(quote.body()));
  }
};

Result<AttestSubject> quote_subject(std::string name, const std::string& recording,
                                    const fs::path& folder, UnixSeconds at) {
  const AttestSubject::QuoteFiles files{
      .quote = folder / "tdx" / recording / "quote.bin",
      .collateral = folder / "tdx" / recording / "collateral.json",
      .at = at};
  const auto input = std::make_shared<QuoteCase>();
  TRY(input->quote, files::read_file(files.quote, kFileBytesMax));
  TRY(input->collateral, files::read_file(files.collateral, kFileBytesMax));
  input->at = at;
  const std::vector roots{intel::intel_sgx_root()};
  TRY(const auto unverified, intel::UnverifiedCollateral::parse(input->collateral));
  TRY(auto collateral, intel::verify_collateral(unverified, roots));
  const auto warm = std::make_shared<WarmQuoteVerifier>(
      WarmQuoteVerifier{.quotes = {}, .collateral = std::move(collateral)});
  return AttestSubject{
      .name = std::move(name),
      .evidence = recording,
      .cold = [input, recording]() -> Status {
        TRY(const auto verdict,
            attest::judge_quote(input->quote, input->collateral, input->at, nullptr));
        if (verdict.record.outcome == attest::Verdict::Outcome::kAccept) return {};
        return refused(recording, verdict.record.reasons.front().message());
      },
      .warm = [input, warm] { return warm->verify(*input); },
      .quote = files,
      .cold_ms_max = 0.9,
      .warm_ms_max = 0.1};
}

// As verify_evidence() judges a guest, any firmware being good enough.
Status verify_guest(BytesView evidence, amd::EndorsementCache& cache) {
  constexpr amd::GuestPolicy kAnyFirmware{.genoa_tcb_min = amd::TcbVersion{},
                                          .turin_tcb_min = amd::TcbVersion{}};
  TRY(const auto report, amd::verify_snp_evidence(evidence, amd::amd_roots(), kMid2025, cache));
  return amd::check_guest(report, kAnyFirmware);
}

Result<AttestSubject> snp_subject(const fs::path& folder) {
  TRY(Bytes report, files::read_file(folder / "snp/azure_genoa.report.bin", kFileBytesMax));
  TRY(Bytes certificate, files::read_file(folder / "snp/azure_genoa.vcek.der", kFileBytesMax));
  amd::SnpEvidence parts{.report = std::move(report), .certificates_der = {}};
  parts.certificates_der.push_back(std::move(certificate));
  const auto evidence = std::make_shared<const Bytes>(parts.encode());
  const auto cache = std::make_shared<amd::EndorsementCache>(kRemembered);
  return AttestSubject{.name = "sev-snp genoa",
                       .evidence = "azure_genoa",
                       .cold =
                           [evidence] {
                             amd::EndorsementCache nothing(0);
                             return verify_guest(*evidence, nothing);
                           },
                       .warm = [evidence, cache] { return verify_guest(*evidence, *cache); }};
}

// A machine's one GPU as verify_gpu_evidence() judges it, but for golden measurements: there is no
// recording of a report together with the manifest of its driver.
Status verify_gpu(BytesView evidence, nvidia::GpuChainCache& cache) {
  const std::vector<crypto::Sha256Digest> roots(1, nvidia::nvidia_root());
  TRY(const auto worker, nvidia::WorkerGpus::decode(evidence));
  for (const nvidia::GpuEvidence& gpu : worker.gpus) {
    TRY(auto report, nvidia::UnverifiedGpuReport::parse(gpu.report));
    TRY(const auto chain, cache.verify(gpu.certificates_der, roots, kMid2026));
    TRY(const auto verified, nvidia::verify_gpu_report(std::move(report), chain, kMid2026));
    TRY_VOID(nvidia::check_gpu_mode(verified.report().device()));
  }
  return {};
}

Result<AttestSubject> gpu_subject(const fs::path& folder) {
  TRY(const Bytes hex, files::read_file(folder / "nvidia/h100_580_coco.report.txt", kFileBytesMax));
  TRY(const Bytes pem, files::read_file(folder / "nvidia/h100_580_coco.chain.pem", kFileBytesMax));
  nvidia::GpuEvidence gpu;
  TRY(gpu.report, from_hex(as_text(hex)));
  TRY(const auto chain, crypto::Certificate::from_pem_chain(as_text(pem), 5));
  for (const crypto::Certificate& one : chain) gpu.certificates_der.push_back(one.der());
  const auto evidence =
      std::make_shared<const Bytes>(nvidia::WorkerGpus{.gpus = {gpu}, .golden = {}}.encode());
  const auto cache = std::make_shared<nvidia::GpuChainCache>(kRemembered);
  return AttestSubject{.name = "gpu h100",
                       .evidence = "h100_580_coco",
                       .cold =
                           [evidence] {
                             nvidia::GpuChainCache nothing(0);
                             return verify_gpu(*evidence, nothing);
                           },
                       .warm = [evidence, cache] { return verify_gpu(*evidence, *cache); },
                       .cold_ms_max = 4,
                       .warm_ms_max = 1};
}

}  // namespace

Result<std::vector<AttestSubject>> attest_subjects(const fs::path& folder) {
  std::vector<AttestSubject> out;
  TRY(AttestSubject v4,
      quote_subject("tdx v4", "04_v4_gcp_2026-06", folder, UnixSeconds(1'784'102'583)));
  out.push_back(std::move(v4));
  TRY(AttestSubject v5,
      quote_subject("tdx v5", "10_v5_google_90c06f_2026-02", folder, UnixSeconds(1'770'391'261)));
  out.push_back(std::move(v5));
  TRY(AttestSubject snp, snp_subject(folder));
  out.push_back(std::move(snp));
  TRY(AttestSubject gpu, gpu_subject(folder));
  out.push_back(std::move(gpu));
  for (const AttestSubject& subject : out) {
    TRY_VOID(subject.cold());
    TRY_VOID(subject.warm());
  }
  return out;
}

}  // namespace cocoon::apps
