#include "apps/tdx-sim/devices.h"

#include "apps/tdx-sim/secret_file.h"

namespace cocoon::apps {
namespace {

namespace fs = std::filesystem;
using files::FileMode;

Status publish_root(const fs::path& folder, const std::string& name,
                    const crypto::Certificate& root) {
  const std::string fingerprint = to_hex(crypto::sha256(root.der())) + "\n";
  TRY_VOID(publish_file(folder / (name + ".der"), root.der(), FileMode::kPublic));
  return publish_file(folder / (name + ".sha256"), as_bytes(fingerprint), FileMode::kPublic);
}

// An Ed25519 key as a saved device.
class GoldenKey {
 public:
  static Result<GoldenKey> create(const tdxsim::Platform::FillRandom& random, UnixSeconds) {
    GoldenKey out;
    out.seed_.resize(kSize);
    random(out.seed_);
    return out;
  }
  static Result<GoldenKey> load(BytesView saved) {
    TRY_VOID(SecretArray<kSize>::copy_of(saved));
    GoldenKey out;
    out.seed_ = to_bytes(saved);
    return out;
  }
  [[nodiscard]] SecretBytes save() const { return SecretBytes(Bytes(seed_)); }
  [[nodiscard]] Result<crypto::Ed25519KeyPair> pair() const {
    TRY(SecretArray<kSize> seed, SecretArray<kSize>::copy_of(seed_));
    return crypto::Ed25519KeyPair::from_seed(std::move(seed));
  }

 private:
  static constexpr std::size_t kSize = 32;
  Bytes seed_;
};

// What bans name the GPU by: SHA-256 of the key of its second certificate.
Status publish_gpu_id(const fs::path& folder, const tdxsim::SimulatedGpu& gpu) {
  TRY(const attest::nvidia::GpuEvidence evidence, gpu.evidence({}));
  TRY(const auto chip, crypto::Certificate::from_der(evidence.certificates_der.at(1)));
  TRY(const crypto::P384PublicKey key, chip.p384_public_key());
  const std::string id = to_hex(crypto::sha256(key.view())) + "\n";
  return publish_file(folder / "gpu-id.hex", as_bytes(id), FileMode::kPublic);
}

Status publish_golden(const fs::path& folder, const crypto::Ed25519KeyPair& key) {
  const std::string golden = tdxsim::simulated_golden_json();
  const crypto::Ed25519Signature signature = tdxsim::sign_golden(golden, key);
  const std::string hex = key.public_key().hex() + "\n";
  TRY_VOID(publish_file(folder / "golden.json", as_bytes(golden), FileMode::kPublic));
  TRY_VOID(publish_file(folder / "golden.json.sig", signature.view(), FileMode::kPublic));
  return publish_file(folder / "golden-key.hex", as_bytes(hex), FileMode::kPublic);
}

}  // namespace

Result<tdxsim::SnpPlatform> open_snp(const fs::path& folder,
                                     const tdxsim::Platform::FillRandom& random, UnixSeconds now,
                                     attest::amd::Product product) {
  TRY(tdxsim::SnpPlatform snp, load_or<tdxsim::SnpPlatform>(folder / "snp.cbor", [&] {
        return tdxsim::SnpPlatform::create(random, now, product);
      }));
  TRY_VOID(publish_root(folder, "snp-root", snp.chain().back()));
  const std::string measurement = to_hex(tdxsim::default_snp_measurement()) + "\n";
  TRY_VOID(publish_file(folder / "snp-measurement.hex", as_bytes(measurement), FileMode::kPublic));
  return snp;
}

Result<SimGpu> open_gpu(const fs::path& folder, const tdxsim::Platform::FillRandom& random,
                        UnixSeconds now) {
  TRY(tdxsim::SimulatedGpu gpu,
      load_or_create<tdxsim::SimulatedGpu>(folder / "gpu.cbor", random, now));
  TRY(const GoldenKey golden, load_or_create<GoldenKey>(folder / "golden-key.cbor", random, now));
  TRY(crypto::Ed25519KeyPair key, golden.pair());
  TRY_VOID(publish_root(folder, "gpu-root", gpu.root()));
  TRY_VOID(publish_gpu_id(folder, gpu));
  TRY_VOID(publish_golden(folder, key));
  return SimGpu{.gpu = std::move(gpu), .golden_key = std::move(key)};
}

}  // namespace cocoon::apps
