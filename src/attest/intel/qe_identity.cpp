#include "attest/intel/qe_identity.h"

namespace cocoon::attest::intel {
namespace {

constexpr std::uint32_t kAny = 0xffff'ffff;
constexpr std::byte kAttributeDebug{2};  // SGX ATTRIBUTES.FLAGS, bit 1

template <std::size_t N>
bool equal_under_mask(const ByteArray<N>& value, const ByteArray<N>& mask,
                      const ByteArray<N>& expected) {
  for (std::size_t i = 0; i < N; ++i) {
    if ((value[i] & mask[i]) != expected[i]) return false;
  }
  return true;
}

ByteArray<4> little_endian(std::uint32_t value) {
  ByteArray<4> out{};
  for (std::byte& byte : out) {
    byte = static_cast<std::byte>(value & 0xffU);
    value >>= 8U;
  }
  return out;
}

std::unexpected<Error> mismatch(const char* why) {
  return fail(IntelError::kQeIdentityMismatch, std::string("the quoting enclave's ") + why);
}

}  // namespace

Status QeIdentity::matches(const QeReport& report) const {
  if (!equal_under_mask(little_endian(report.misc_select), misc_select_mask, misc_select)) {
    return mismatch("MISCSELECT is not that of the QE identity");
  }
  if ((report.attributes[0] & kAttributeDebug) != std::byte{0}) {
    return mismatch("report says that it can be debugged");
  }
  if (!equal_under_mask(report.attributes, attributes_mask, attributes)) {
    return mismatch("ATTRIBUTES are not those of the QE identity");
  }
  if (report.mr_signer != mr_signer) return mismatch("MRSIGNER is not that of the QE identity");
  if (report.isv_prod_id != isv_prod_id) {
    return mismatch("ISVPRODID is not that of the QE identity");
  }
  return {};
}

Result<QeIdentity> parse_qe_identity(std::string_view json) {
  TRY(const codec::Json parsed, parse_collateral_json(json, "QE identity"));
  TRY(const JsonFields identity, JsonFields::of(parsed, "QE identity"));
  TRY(const std::uint32_t version, identity.number("version", kAny));
  TRY(const std::string id, identity.text("id"));
  if (version != 2 || id != "TD_QE") {
    return fail(IntelError::kCollateralMismatch,
                "the QE identity is not the TD quoting enclave's, version 2");
  }
  QeIdentity out;
  TRY(out.issued_at, identity.date("issueDate"));
  TRY(out.next_update, identity.date("nextUpdate"));
  TRY(out.evaluation_number, identity.number("tcbEvaluationDataNumber", kAny));
  TRY(out.misc_select, identity.hex<4>("miscselect"));
  TRY(out.misc_select_mask, identity.hex<4>("miscselectMask"));
  TRY(out.attributes, identity.hex<16>("attributes"));
  TRY(out.attributes_mask, identity.hex<16>("attributesMask"));
  TRY(out.mr_signer, identity.hex<32>("mrsigner"));
  TRY(const std::uint32_t product, identity.number("isvprodid", 0xffff));
  out.isv_prod_id = static_cast<std::uint16_t>(product);
  TRY(out.levels, read_svn_levels(identity));
  return out;
}

}  // namespace cocoon::attest::intel
