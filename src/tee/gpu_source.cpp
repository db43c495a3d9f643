#include "tee/gpu_source.h"

#include "attest/nvidia/evidence.h"
#include "attest/nvidia/evidence_list.h"
#include "files/small_files.h"

namespace cocoon::tee {
namespace {

namespace nvidia = attest::nvidia;

constexpr const char* kProvider = "nvidia_gpu";

Result<nvidia::SignedGolden> read_golden(const std::filesystem::path& file) {
  nvidia::SignedGolden out;
  TRY(out.json, files::read_file(file, nvidia::kGpuEvidenceBytesMax));
  std::filesystem::path beside = file;
  beside += ".sig";
  TRY(const Bytes signature, files::read_file(beside, crypto::Ed25519Signature::kSize));
  TRY(out.signature, crypto::Ed25519Signature::from(signature));
  return out;
}

// Who answers may have an older answer at hand: verifiers would refuse it, and say so in a log that
// nobody here reads.
Status expect_nonce(const nvidia::GpuEvidence& gpu, const ByteArray<32>& nonce) {
  TRY(const auto report, nvidia::UnverifiedGpuReport::parse(gpu.report));
  if (report.request_nonce() == nonce) return {};
  return fail(TeeError::kIo, "a GPU's report answers another nonce than it was asked with");
}

Result<Bytes> assemble(BytesView answer, const ByteArray<32>& nonce,
                       const std::filesystem::path& golden_file) {
  nvidia::WorkerGpus out;
  TRY(out.gpus, nvidia::parse_evidence_list(answer));
  for (const nvidia::GpuEvidence& gpu : out.gpus) {
    TRY_VOID(expect_nonce(gpu, nonce));
  }
  TRY(out.golden, read_golden(golden_file));
  Bytes encoded = out.encode();
  if (encoded.size() <= nvidia::kGpuEvidenceBytesMax) return encoded;
  return fail(TeeError::kIo, "the GPUs' evidence with its golden measurements is too long");
}

}  // namespace

ports::Task<Result<Bytes>> GpuSource::evidence(ByteArray<32> nonce) {
  CO_TRY(const TsmAnswer answer,
         co_await entries_.ask({.inblob = to_bytes(nonce),
                                .outblob_bytes_max = nvidia::kEvidenceListBytesMax,
                                .providers = {kProvider},
                                .auxblob_of = {}}));
  auto assembled = assemble(answer.outblob, nonce, golden_file_);
  if (assembled || assembled.error().library() == Library::kTee) co_return assembled;
  co_return fail(TeeError::kIo, "GPU evidence: " + assembled.error().message());
}

}  // namespace cocoon::tee
