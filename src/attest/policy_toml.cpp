#include "attest/policy_toml.h"

#include "attest/image_toml.h"
#include "codec/rfc3339.h"

namespace cocoon::attest {
namespace {

using codec::TomlTable;

constexpr std::size_t kImagesMax = 1024;
constexpr std::size_t kRootsMax = 64;
constexpr std::size_t kExceptionsMax = 64;
constexpr std::size_t kAdvisoriesMax = 256;
constexpr std::size_t kBansMax = 65'536;
constexpr std::size_t kPolicyBytesMax = 8 * 1024 * 1024;
constexpr std::chrono::seconds kStatementAgeMax{4200};  // a key epoch and its grace

Result<StatusException> read_exception(TomlTable table) {
  StatusException out;
  TRY(const std::string status, table.text("status", 64));
  const auto known = intel::tcb_status_of(status);
  if (!known || *known == intel::TcbStatus::kUpToDate || *known == intel::TcbStatus::kRevoked ||
      *known == intel::TcbStatus::kNotSupported) {
    return table.refuse("status", "must be a status of Intel's that may be tolerated");
  }
  out.status = *known;
  TRY(out.advisories, table.texts("advisories", kAdvisoriesMax, 64));
  TRY(const std::string until, table.text("until", 64));
  const auto moment = codec::parse_rfc3339(until);
  if (!moment) return table.refuse("until", "must be a moment by RFC 3339");
  out.until = *moment;
  TRY_VOID(table.finish());
  return out;
}

}  // namespace

Status read_platform_terms(TomlTable& attestation, Policy& policy) {
  TRY(const std::vector<std::string> roots, attestation.texts("roots", kRootsMax, 64));
  for (const std::string& hex : roots) {
    const auto root = RootFingerprint::from_hex(hex);
    if (!root) return attestation.refuse("roots", "each must be 32 bytes in hexadecimal");
    policy.roots.push_back(*root);
  }
  TRY(const std::int64_t floor,
      attestation.integer_or("evaluation_number_min", 0, {0, 0xffff'ffff}));
  policy.evaluation_number_min = static_cast<std::uint32_t>(floor);
  if (attestation.has("banned_platforms")) {
    TRY(const std::vector<std::string> bans, attestation.texts("banned_platforms", kBansMax, 128));
    for (const std::string& hex : bans) {
      auto id = from_hex(hex);
      if (!id || (id->size() != 8 && id->size() != 16 && id->size() != 64)) {
        return attestation.refuse("banned_platforms",
                                  "each must be a PPID or CHIP_ID in hexadecimal");
      }
      policy.banned_platforms.push_back(std::move(*id));
    }
  }
  TRY(std::vector<TomlTable> exceptions, attestation.tables("exceptions", kExceptionsMax));
  for (TomlTable& row : exceptions) {
    TRY(StatusException exception, read_exception(std::move(row)));
    policy.exceptions.push_back(std::move(exception));
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
  return out;
}

Result<std::vector<Image>> read_images(TomlTable& root) {
  TRY(std::vector<TomlTable> rows, root.tables("images", kImagesMax));
  std::vector<Image> out;
  for (TomlTable& row : rows) {
    TRY(Image image, read_image(std::move(row)));
    out.push_back(std::move(image));
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
  TRY(out.images, read_images(root));
  TRY_VOID(root.finish());
  return out;
}

}  // namespace cocoon::attest
