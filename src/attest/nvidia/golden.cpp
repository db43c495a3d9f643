#include "attest/nvidia/golden.h"

#include <algorithm>
#include <optional>

#include "codec/json.h"

namespace cocoon::attest::nvidia {
namespace {

using codec::Json;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kManifestsMax = 256;
constexpr std::size_t kAlternativesMax = 64;
constexpr std::uint16_t kIndexMax = 254;
// Measured only while the first video decoder is enabled.
constexpr std::uint16_t kNvdec0Index = 35;

std::unexpected<Error> malformed(const char* why) {
  return fail(NvidiaError::kMalformed, std::string("golden measurements: ") + why);
}

Result<const Json*> member(const Json& object, std::string_view name) {
  const Json* const value = object.find(name);
  if (value == nullptr) return malformed("a missing field");
  return value;
}

Result<std::string> text(const Json& object, std::string_view name) {
  TRY(const Json* const value, member(object, name));
  if (value->as_string() == nullptr) return malformed("a field that is no text");
  return *value->as_string();
}

Status expect_fields(const Json& object, std::size_t count) {
  if (object.as_object() == nullptr || object.as_object()->size() != count) {
    return malformed("an object of other fields");
  }
  return {};
}

Result<std::vector<crypto::Sha384Digest>> parse_digests(const Json& item) {
  const Json::Array* const values = item.as_array();
  if (values == nullptr || values->empty() || values->size() > kAlternativesMax) {
    return malformed("a list of digests");
  }
  std::vector<crypto::Sha384Digest> out;
  for (const Json& value : *values) {
    crypto::Sha384Digest digest{};
    const auto bytes = value.as_string() == nullptr ? Result<Bytes>(malformed("digest"))
                                                    : from_hex(*value.as_string());
    if (!bytes.has_value() || bytes->size() != digest.size()) return malformed("a digest");
    std::ranges::copy(*bytes, digest.begin());
    out.push_back(digest);
  }
  return out;
}

Status parse_measurement(const Json& item, GoldenManifest& out) {
  TRY_VOID(expect_fields(item, 2));
  TRY(const Json* const number, member(item, "index"));
  const auto index = number->as_unsigned();
  if (!index.has_value() || *index > kIndexMax) return malformed("an index");
  TRY(const Json* const digests, member(item, "sha384"));
  TRY(auto values, parse_digests(*digests));
  if (!out.measurements.emplace(static_cast<std::uint16_t>(*index), std::move(values)).second) {
    return malformed("a repeated index");
  }
  return {};
}

Result<GoldenManifest> parse_manifest(const Json& item) {
  TRY_VOID(expect_fields(item, 5));
  GoldenManifest out;
  TRY(const std::string kind, text(item, "kind"));
  if (kind == "driver") {
    out.kind = GoldenManifest::Kind::kDriver;
  } else if (kind == "vbios") {
    out.kind = GoldenManifest::Kind::kVbios;
  } else {
    return malformed("an unknown kind");
  }
  TRY(out.id, text(item, "id"));
  TRY(out.version, text(item, "version"));
  TRY_VOID(text(item, "rim_sha256"));  // where the manifest came from, for people
  TRY(const Json* const measurements, member(item, "measurements"));
  if (measurements->as_array() == nullptr || measurements->as_array()->empty()) {
    return malformed("a manifest without measurements");
  }
  for (const Json& measurement : *measurements->as_array()) {
    TRY_VOID(parse_measurement(measurement, out));
  }
  return out;
}

bool is_zero(const crypto::Sha384Digest& digest) {
  return std::ranges::all_of(digest, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

Bytes golden_signing_input(BytesView json) { return concat({label("cocoon/1 gpu golden"), json}); }

Result<GoldenSet> GoldenSet::open(BytesView json, const crypto::Ed25519Signature& signature,
                                  const crypto::Ed25519PublicKey& key) {
  if (json.size() > kGoldenBytesMax) return malformed("too long");
  if (!crypto::verify_ed25519(key, golden_signing_input(json), signature).has_value()) {
    return fail(NvidiaError::kBadSignature, "golden measurements: the signature does not verify");
  }
  const auto parsed = codec::parse_json(as_text(json), {.depth = 8, .nodes = 200'000});
  if (!parsed.has_value()) return malformed(parsed.error().message().c_str());
  TRY_VOID(expect_fields(*parsed, 2));
  TRY(const Json* const version, member(*parsed, "version"));
  if (version->as_unsigned().value_or(0) != kVersion) {
    return fail(NvidiaError::kUnsupported, "golden measurements: version");
  }
  TRY(const Json* const manifests, member(*parsed, "manifests"));
  if (manifests->as_array() == nullptr || manifests->as_array()->size() > kManifestsMax) {
    return malformed("the list of manifests");
  }
  GoldenSet out;
  for (const Json& item : *manifests->as_array()) {
    TRY(GoldenManifest manifest, parse_manifest(item));
    auto key_of = std::pair(manifest.kind, manifest.id);
    if (!out.manifests_.emplace(std::move(key_of), std::move(manifest)).second) {
      return malformed("a repeated manifest");
    }
  }
  return out;
}

const GoldenManifest* GoldenSet::find(GoldenManifest::Kind kind, std::string_view id) const {
  const auto found = manifests_.find(std::pair(kind, std::string(id)));
  return found == manifests_.end() ? nullptr : &found->second;
}

std::string driver_manifest_id(std::string_view model, const DeviceInfo& device) {
  const bool is_hopper = model == "GH100";
  const std::string chip(device.chip.empty() ? model : device.chip);
  return (is_hopper ? "NV_GPU_DRIVER_GH100" : "NV_GPU_CC_DRIVER_" + chip) + "_" +
         device.driver_version;
}

std::string vbios_manifest_id(const DeviceInfo& device) {
  std::string version;
  std::ranges::copy_if(device.vbios_version, std::back_inserter(version),
                       [](char c) { return c != '.'; });
  return "NV_GPU_VBIOS_" + device.project + "_" + device.project_sku + "_" + device.chip_sku + "_" +
         version;
}

Status compare_manifest(const UnverifiedGpuReport& report, const GoldenManifest& manifest) {
  const auto mismatch = [&manifest](std::uint16_t index, const char* why) {
    return fail(NvidiaError::kMeasurementMismatch,
                "GPU measurement " + std::to_string(index) + " " + why + " " + manifest.id);
  };
  for (const auto& [index, allowed] : manifest.measurements) {
    if (index == kNvdec0Index && report.device().nvdec0 == DeviceInfo::Decoder::kDisabled) continue;
    if (index >= report.measurements().size()) return mismatch(index, "is missing, named by");
    const crypto::Sha384Digest& measured = report.measurements()[index];
    // An index that the manifest lists as zeros is one that the device leaves out.
    if (std::ranges::find(allowed, measured) == allowed.end()) {
      return mismatch(index, is_zero(measured) ? "is not taken, unlike in" : "is not that of");
    }
  }
  return {};
}

Status compare_measurements(const UnverifiedGpuReport& report, const GoldenManifest& driver,
                            const GoldenManifest& vbios) {
  for (const auto& [index, allowed] : driver.measurements) {
    if (vbios.measurements.contains(index)) {
      return malformed("driver and VBIOS manifests with the same index");
    }
  }
  TRY_VOID(compare_manifest(report, vbios));
  return compare_manifest(report, driver);
}

}  // namespace cocoon::attest::nvidia
