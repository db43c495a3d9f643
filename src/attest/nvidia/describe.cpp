#include "attest/nvidia/describe.h"

#include <algorithm>
#include <utility>

#include "attest/nvidia/golden.h"

namespace cocoon::attest::nvidia {
namespace {

using codec::Json;

Json pcie_mode(DeviceInfo::ProtectedPcie mode) {
  switch (mode) {
    case DeviceInfo::ProtectedPcie::kUnstated:
      return Json::null();
    case DeviceInfo::ProtectedPcie::kOn:
      return Json::boolean(true);
    case DeviceInfo::ProtectedPcie::kOff:
      return Json::boolean(false);
  }
  return Json::null();
}

// By the manifests' index, which counts from 0; only what the device measures.
Json measurements(const UnverifiedGpuReport& report) {
  Json::Array out;
  for (std::size_t index = 0; index < report.measurements().size(); ++index) {
    const crypto::Sha384Digest& digest = report.measurements()[index];
    if (std::ranges::all_of(digest, [](std::byte b) { return b == std::byte{0}; })) continue;
    out.push_back(Json::object(
        {{"index", Json::number(std::uint64_t{index})}, {"sha384", Json::string(to_hex(digest))}}));
  }
  return Json::array(std::move(out));
}

}  // namespace

Json describe_gpu_report(const UnverifiedGpuReport& report) {
  const DeviceInfo& device = report.device();
  Json out = Json::object({
      {"nonce", Json::string(to_hex(report.request_nonce()))},
      {"driver_version", Json::string(device.driver_version)},
      {"vbios_version", Json::string(device.vbios_version)},
      {"vbios_manifest", Json::string(vbios_manifest_id(device))},
      {"protected_pcie", pcie_mode(device.protected_pcie)},
  });
  if (device.fwid) out.set("fwid", Json::string(to_hex(*device.fwid)));
  if (!device.chip.empty()) out.set("chip", Json::string(device.chip));
  if (device.passthrough) {
    out.set("feature_flag", Json::number(std::uint64_t{std::to_underlying(*device.passthrough)}));
  }
  out.set("measurements", measurements(report));
  return out;
}

}  // namespace cocoon::attest::nvidia
