#include "attest/nvidia/device_info.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/reader.h"

namespace cocoon::attest::nvidia {
namespace {

enum class Field : std::uint16_t {
  kDriverVersion = 3,
  kVbiosVersion = 6,
  kNvdec0 = 11,
  kChipSku = 15,
  kProject = 17,
  kProjectSku = 18,
  kFwid = 20,
  kProtectedPcie = 21,
  kChip = 35,
  kFeatureFlag = 36,
};
using Fields = std::map<std::uint16_t, BytesView>;

constexpr std::byte kOn{0xaa};
constexpr std::byte kOff{0x55};
constexpr std::size_t kTextMax = 64;

std::unexpected<Error> malformed(const char* why) {
  return fail(NvidiaError::kMalformed, std::string("GPU report: ") + why);
}

Result<Fields> split(BytesView opaque) {
  Reader in(opaque, Endian::kLittle);
  Fields out;
  while (!in.at_end()) {
    TRY(const std::uint16_t type, in.u16());
    TRY(const std::uint16_t size, in.u16());
    TRY(const BytesView value, in.take(size));
    if (!out.emplace(type, value).second) return malformed("a repeated field");
  }
  return out;
}

const BytesView* find(const Fields& fields, Field field) {
  const auto found = fields.find(static_cast<std::uint16_t>(field));
  return found == fields.end() ? nullptr : &found->second;
}

// Printable text without its final zeros; empty if the field is absent.
Result<std::string> text(const Fields& fields, Field field) {
  const BytesView* const value = find(fields, field);
  if (value == nullptr) return std::string();
  std::string_view out = as_text(*value);
  while (out.ends_with('\0')) out.remove_suffix(1);
  const auto harmless = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-' || c == '_';
  };
  if (out.size() > kTextMax || !std::ranges::all_of(out, harmless)) {
    return malformed("unreadable text");
  }
  return std::string(out);
}

// GPUs give eight bytes, the version's first four in reverse; switches give the text.
Result<std::string> vbios_version(const Fields& fields) {
  constexpr std::size_t kBinarySize = 8;
  const BytesView* const value = find(fields, Field::kVbiosVersion);
  if (value == nullptr) return std::string();
  if (value->size() != kBinarySize) return text(fields, Field::kVbiosVersion);
  std::string out;
  for (const std::size_t at : {3U, 2U, 1U, 0U, 4U}) {
    if (!out.empty()) out += '.';
    for (const char c : to_hex(value->subspan(at, 1))) {
      out += c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return out;
}

// A byte that is 0xaa or 0x55.
template <class Setting>
Result<Setting> setting(const Fields& fields, Field field, Setting on, Setting off) {
  const BytesView* const value = find(fields, field);
  if (value == nullptr) return Setting::kUnstated;
  if (value->size() != 1 || ((*value)[0] != kOn && (*value)[0] != kOff)) {
    return malformed("a setting that is neither on nor off");
  }
  return (*value)[0] == kOn ? on : off;
}

Result<DeviceInfo> parse_all(BytesView opaque) {
  TRY(const Fields fields, split(opaque));
  DeviceInfo out;
  TRY(out.driver_version, text(fields, Field::kDriverVersion));
  TRY(out.vbios_version, vbios_version(fields));
  TRY(out.project, text(fields, Field::kProject));
  TRY(out.project_sku, text(fields, Field::kProjectSku));
  TRY(out.chip_sku, text(fields, Field::kChipSku));
  TRY(out.chip, text(fields, Field::kChip));
  TRY(out.nvdec0, setting(fields, Field::kNvdec0, DeviceInfo::Decoder::kEnabled,
                          DeviceInfo::Decoder::kDisabled));
  TRY(out.protected_pcie, setting(fields, Field::kProtectedPcie, DeviceInfo::ProtectedPcie::kOn,
                                  DeviceInfo::ProtectedPcie::kOff));
  if (const BytesView* const value = find(fields, Field::kFwid)) {
    if (value->size() != 48) return malformed("FWID of the wrong length");
    out.fwid.emplace();
    std::ranges::copy(*value, out.fwid->begin());
  }
  if (const BytesView* const value = find(fields, Field::kFeatureFlag)) {
    Reader in(*value, Endian::kLittle);
    TRY(const std::uint16_t flag, in.u16());
    out.passthrough = static_cast<DeviceInfo::Passthrough>(flag);
    TRY_VOID(in.expect_end());
  }
  return out;
}

}  // namespace

Result<DeviceInfo> parse_device_info(BytesView opaque) {
  Result<DeviceInfo> out = parse_all(opaque);
  if (out.has_value() || out.error().library() == Library::kAttestNvidia) return out;
  return malformed(out.error().message().c_str());
}

}  // namespace cocoon::attest::nvidia
