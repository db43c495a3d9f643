#include "attest/gpu_checks.h"

#include <algorithm>

#include "attest/nvidia/evidence.h"

namespace cocoon::attest {
namespace {

AttestError hub_code(nvidia::NvidiaError code) {
  using nvidia::NvidiaError;
  switch (code) {
    case NvidiaError::kMalformed:
      return AttestError::kMalformed;
    case NvidiaError::kUnsupported:
      return AttestError::kUnsupported;
    case NvidiaError::kBadSignature:
      return AttestError::kBadSignature;
    case NvidiaError::kUntrustedRoot:
      return AttestError::kUntrustedRoot;
    case NvidiaError::kBindingMismatch:
      return AttestError::kBindingMismatch;
    case NvidiaError::kFirmwareMismatch:
    case NvidiaError::kNoGolden:
    case NvidiaError::kMeasurementMismatch:
    case NvidiaError::kMode:
    case NvidiaError::kVersion:
      return AttestError::kGpu;
  }
  return AttestError::kGpu;
}

// The policy's, with none but NVIDIA's own root outside the devnet.
nvidia::GpuPolicy usable_gpu_policy(const Policy& policy) {
  nvidia::GpuPolicy out = policy.gpus;
  if (policy.network != kDevnetNetworkId) {
    std::erase_if(out.roots, [](const auto& root) { return root != nvidia::nvidia_root(); });
  }
  return out;
}

std::string count_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " GPU" : " GPUs");
}

bool are(const std::vector<nvidia::JudgedGpu>& gpus, const ShapeGpus& of) {
  return gpus.size() == of.count &&
         std::ranges::all_of(gpus, [&](const auto& gpu) { return gpu.model == of.model; });
}

// The worker's GPUs are those of a machine of its shape: neither fewer nor more, and of the model.
Status check_shape(const std::vector<nvidia::JudgedGpu>& gpus, const ImageMatch& image) {
  if (std::ranges::any_of(image.gpus, [&](const ShapeGpus& of) { return are(gpus, of); })) {
    return {};
  }
  std::string wanted;
  std::string models;
  bool has_count = false;
  for (const ShapeGpus& of : image.gpus) {
    const std::string separator = wanted.empty() ? "" : " or ";
    wanted += separator + count_text(of.count);
    models += separator + of.model;
    has_count = has_count || gpus.size() == of.count;
  }
  if (has_count) {
    return fail(AttestError::kGpu,
                "a GPU is a " + gpus.front().model + ", and machines of its shape have " + models);
  }
  return fail(AttestError::kGpu, "the worker proves " + count_text(gpus.size()) +
                                     ", and machines of its shape have " + wanted);
}

}  // namespace

Result<std::vector<nvidia::JudgedGpu>> check_gpus(const EvidenceBundle& bundle,
                                                  const Statement& statement,
                                                  const ImageMatch& image, const Policy& policy,
                                                  UnixSeconds now, nvidia::GpuChainCache& known) {
  const bool has_evidence = !bundle.gpu_evidence.empty();
  if (has_evidence != !statement.gpu_evidence_digest.empty() ||
      (has_evidence &&
       !equal(crypto::sha256(bundle.gpu_evidence), statement.gpu_evidence_digest))) {
    return fail(AttestError::kBindingMismatch,
                "the GPU evidence is not the one that the statement names");
  }
  std::vector<nvidia::JudgedGpu> gpus;
  if (has_evidence) {
    auto judged = nvidia::verify_gpu_evidence(
        bundle.gpu_evidence, nvidia::gpu_nonce(statement.identity_key, statement.block_root_hash),
        usable_gpu_policy(policy), now, known);
    if (!judged && judged.error().library() == Library::kAttestNvidia) {
      return fail(hub_code(static_cast<nvidia::NvidiaError>(judged.error().code())),
                  judged.error().message());
    }
    if (!judged) return fail(AttestError::kMalformed, judged.error().message());
    gpus = std::move(*judged);
  }
  TRY_VOID(check_shape(gpus, image));
  for (const nvidia::JudgedGpu& gpu : gpus) {
    if (policy.bans(gpu.id.view())) return fail(AttestError::kBanned, "the policy bans a GPU");
  }
  return gpus;
}

}  // namespace cocoon::attest
