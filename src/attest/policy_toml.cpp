#include "attest/policy_toml.h"

#include "attest/image_toml.h"
#include "attest/policy_limits.h"
#include "codec/rfc3339.h"

namespace cocoon::attest {
namespace {

using codec::TomlTable;

constexpr std::size_t kAdvisoriesMax = 256;
constexpr std::size_t kPolicyBytesMax = 8 * 1024 * 1024;
constexpr std::chrono::seconds kStatementAgeMax{4200};  // a key epoch and its grace

Result<StatusException> read_exception(TomlTable table) {
  StatusException out;
  TRY(const std::string status, table.text("status", 64));
  const auto known = intel::tolerable_status_of(status);
  if (!known) return table.refuse("status", "must be a status of Intel's that may be tolerated");
  out.status = *known;
  TRY(out.advisories, table.texts("advisories", kAdvisoriesMax, 64));
  TRY(const std::string until, table.text("until", 64));
  const auto moment = codec::parse_rfc3339(until);
  if (!moment) return table.refuse("until", "must be a moment by RFC 3339");
  out.until = *moment;
  TRY_VOID(table.finish());
  return out;
}

// A list of values of 32 bytes.
template <class Tagged>
Result<std::vector<Tagged>> read_tagged(TomlTable& table, const char* key, std::size_t count_max) {
  TRY(const std::vector<std::string> texts, table.texts(key, count_max, 64));
  std::vector<Tagged> out;
  for (const std::string& hex : texts) {
    const auto value = Tagged::from_hex(hex);
    if (!value) return table.refuse(key, "each must be 32 bytes in hexadecimal");
    out.push_back(*value);
  }
  return out;
}

Result<std::vector<crypto::Sha256Digest>> read_vendor_roots(TomlTable& table) {
  TRY(const auto roots, read_tagged<RootFingerprint>(table, "roots", kPolicyRootsMax));
  std::vector<crypto::Sha256Digest> out;
  out.reserve(roots.size());
  for (const RootFingerprint& root : roots) out.push_back(root.bytes());
  return out;
}

Result<nvidia::GpuPolicy> read_gpu_policy(TomlTable table) {
  nvidia::GpuPolicy out;
  TRY(out.roots, read_vendor_roots(table));
  TRY(out.golden_keys,
      read_tagged<crypto::Ed25519PublicKey>(table, "golden_keys", kPolicyGoldenKeysMax));
  TRY(out.driver_versions, table.texts("driver_versions", kPolicyGpuVersionsMax, 64));
  TRY(out.vbios_versions, table.texts("vbios_versions", kPolicyGpuVersionsMax, 64));
  TRY_VOID(table.finish());
  return out;
}

Result<std::uint8_t> version_number(TomlTable& table, const char* key) {
  TRY(const std::int64_t number, table.integer(key, {0, 255}));
  return static_cast<std::uint8_t>(number);
}

Result<std::optional<amd::TcbVersion>> read_floor(TomlTable& snp, const char* key) {
  if (!snp.has(key)) return std::nullopt;
  TRY(TomlTable table, snp.table(key));
  amd::TcbVersion out;
  if (table.has("fmc")) {
    TRY(out.fmc, version_number(table, "fmc"));
  }
  TRY(out.bootloader, version_number(table, "bootloader"));
  TRY(out.tee, version_number(table, "tee"));
  TRY(out.snp, version_number(table, "snp"));
  TRY(out.microcode, version_number(table, "microcode"));
  TRY_VOID(table.finish());
  return out;
}

Result<SnpPolicy> read_snp_policy(TomlTable table) {
  SnpPolicy out;
  TRY(out.roots, read_vendor_roots(table));
  TRY(out.guests.genoa_tcb_min, read_floor(table, "genoa_tcb_min"));
  TRY(out.guests.turin_tcb_min, read_floor(table, "turin_tcb_min"));
  TRY_VOID(table.finish());
  return out;
}

std::string write_list(const char* key, const std::vector<std::string>& values) {
  std::string out = std::string(key) + " = [";
  for (const std::string& value : values) out += codec::toml_quoted(value) + ", ";
  return out + "]\n";
}

std::string write_vendor_roots(const std::vector<crypto::Sha256Digest>& roots) {
  std::vector<std::string> texts;
  texts.reserve(roots.size());
  for (const crypto::Sha256Digest& root : roots) texts.push_back(to_hex(root));
  return write_list("roots", texts);
}

std::string write_gpu_policy(const nvidia::GpuPolicy& gpus) {
  if (gpus == nvidia::GpuPolicy()) return {};
  std::vector<std::string> keys;
  keys.reserve(gpus.golden_keys.size());
  for (const crypto::Ed25519PublicKey& key : gpus.golden_keys) keys.push_back(key.hex());
  return "\n[attestation.gpu]\n" + write_vendor_roots(gpus.roots) +
         write_list("golden_keys", keys) + write_list("driver_versions", gpus.driver_versions) +
         write_list("vbios_versions", gpus.vbios_versions);
}

std::string write_floor(const char* key, const std::optional<amd::TcbVersion>& tcb) {
  if (!tcb) return {};
  return std::string(key) + " = {fmc = " + std::to_string(tcb->fmc) +
         ", bootloader = " + std::to_string(tcb->bootloader) +
         ", tee = " + std::to_string(tcb->tee) + ", snp = " + std::to_string(tcb->snp) +
         ", microcode = " + std::to_string(tcb->microcode) + "}\n";
}

std::string write_snp_policy(const SnpPolicy& snp) {
  if (snp.roots.empty() && !snp.guests.genoa_tcb_min && !snp.guests.turin_tcb_min) return {};
  return "\n[attestation.snp]\n" + write_vendor_roots(snp.roots) +
         write_floor("genoa_tcb_min", snp.guests.genoa_tcb_min) +
         write_floor("turin_tcb_min", snp.guests.turin_tcb_min);
}

}  // namespace

Status read_platform_terms(TomlTable& attestation, Policy& policy) {
  TRY(policy.roots, read_tagged<RootFingerprint>(attestation, "roots", kPolicyRootsMax));
  TRY(const std::int64_t floor,
      attestation.integer_or("evaluation_number_min", 0, {0, 0xffff'ffff}));
  policy.evaluation_number_min = static_cast<std::uint32_t>(floor);
  if (attestation.has("banned_platforms")) {
    TRY(const std::vector<std::string> bans,
        attestation.texts("banned_platforms", kPolicyBansMax, 128));
    for (const std::string& hex : bans) {
      auto id = from_hex(hex);
      if (!id || (id->size() != 8 && id->size() != 16 && id->size() != 32 && id->size() != 64)) {
        return attestation.refuse("banned_platforms",
                                  "each must be a PPID, CHIP_ID or GPU id in hexadecimal");
      }
      policy.banned_platforms.push_back(std::move(*id));
    }
  }
  TRY(std::vector<TomlTable> exceptions, attestation.tables("exceptions", kPolicyExceptionsMax));
  for (TomlTable& row : exceptions) {
    TRY(StatusException exception, read_exception(std::move(row)));
    policy.exceptions.push_back(std::move(exception));
  }
  if (attestation.has("gpu")) {
    TRY(TomlTable gpu, attestation.table("gpu"));
    TRY(policy.gpus, read_gpu_policy(std::move(gpu)));
  }
  if (attestation.has("snp")) {
    TRY(TomlTable snp, attestation.table("snp"));
    TRY(policy.snp, read_snp_policy(std::move(snp)));
  }
  return {};
}

std::string write_platform_terms(const Policy& policy) {
  using codec::toml_quoted;
  std::string out = "roots = [\n";
  for (const RootFingerprint& root : policy.roots) out += "  \"" + root.hex() + "\",\n";
  out += "]\n";
  if (policy.evaluation_number_min != 0) {
    out += "evaluation_number_min = " + std::to_string(policy.evaluation_number_min) + "\n";
  }
  if (!policy.banned_platforms.empty()) {
    out += "banned_platforms = [\n";
    for (const Bytes& id : policy.banned_platforms) out += "  \"" + to_hex(id) + "\",\n";
    out += "]\n";
  }
  for (const StatusException& exception : policy.exceptions) {
    out +=
        "\n[[attestation.exceptions]]\nstatus = " + toml_quoted(intel::name_of(exception.status)) +
        "\nadvisories = [";
    for (const std::string& advisory : exception.advisories) out += toml_quoted(advisory) + ", ";
    out += "]\nuntil = " + toml_quoted(codec::write_rfc3339(exception.until)) + "\n";
  }
  return out + write_gpu_policy(policy.gpus) + write_snp_policy(policy.snp);
}

Status read_images(TomlTable& root, Policy& policy) {
  TRY(std::vector<TomlTable> rows, root.tables("images", kPolicyImagesMax));
  for (TomlTable& row : rows) {
    TRY(Image image, read_image(std::move(row)));
    policy.images.push_back(std::move(image));
  }
  TRY(rows, root.tables("snp_images", kPolicyImagesMax));
  for (TomlTable& row : rows) {
    TRY(SnpImage image, read_snp_image(std::move(row)));
    policy.snp_images.push_back(std::move(image));
  }
  return {};
}

std::string write_images(const Policy& policy) {
  std::string out;
  for (const Image& image : policy.images) out += "\n[[images]]\n" + write_image_toml(image);
  for (const SnpImage& image : policy.snp_images) {
    out += "\n[[snp_images]]\n" + write_snp_image_toml(image);
  }
  return out;
}

Result<Policy> parse_policy_toml(BytesView toml) {
  TRY(TomlTable root, TomlTable::parse(as_text(toml), kPolicyBytesMax));
  Policy out;
  TRY(const std::int64_t network, root.integer("network", {INT32_MIN, INT32_MAX}));
  out.network = NetworkId(static_cast<std::int32_t>(network));
  out.statement_age_max = kStatementAgeMax;
  TRY(TomlTable attestation, root.table("attestation"));
  TRY_VOID(read_platform_terms(attestation, out));
  TRY_VOID(attestation.finish());
  TRY_VOID(read_images(root, out));
  TRY_VOID(root.finish());
  return out;
}

}  // namespace cocoon::attest
