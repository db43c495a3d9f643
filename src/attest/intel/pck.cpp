#include "attest/intel/pck.h"

#include <limits>
#include <set>
#include <string>

#include "attest/intel/malformed.h"
#include "codec/der.h"

namespace cocoon::attest::intel {
namespace {

using codec::DerReader;
using codec::DerTag;

const std::string kSgxExtension = "1.2.840.113741.1.13.1";

template <std::size_t N>
Result<ByteArray<N>> octets(DerReader& in) {
  TRY(const BytesView content, in.element(DerTag::kOctetString));
  if (content.size() != N) return fail(IntelError::kMalformed, "field of the wrong length");
  ByteArray<N> out;
  std::ranges::copy(content, out.begin());
  return out;
}

// The object identifier at the front of a field, without the `prefix` that all of the same level
// share.
Result<std::string> field_name(DerReader& field, const std::string& prefix,
                               std::set<std::string>& seen) {
  TRY(std::string oid, field.object_identifier());
  if (!oid.starts_with(prefix + ".")) return fail(IntelError::kMalformed, "unknown field");
  if (!seen.insert(oid).second) return fail(IntelError::kMalformed, "repeated field");
  return oid.substr(prefix.size() + 1);
}

template <class Integer>
Result<Integer> small_integer(DerReader& in) {
  TRY(const std::uint64_t value, in.unsigned_integer());
  if (value > std::numeric_limits<Integer>::max()) {
    return fail(IntelError::kMalformed, "number out of range");
  }
  return static_cast<Integer>(value);
}

Status read_tcb(DerReader tcb, PckInfo& out) {
  std::set<std::string> seen;
  while (!tcb.at_end()) {
    TRY(DerReader field, tcb.sequence());
    TRY(const std::string name, field_name(field, kSgxExtension + ".2", seen));
    if (name == "17") {
      TRY(out.pce_svn, small_integer<std::uint16_t>(field));
    } else if (name == "18") {
      TRY(out.cpu_svn, octets<16>(field));
    } else {
      std::size_t index = 0;
      while (index < 16 && name != std::to_string(index + 1)) ++index;
      if (index == 16) return fail(IntelError::kMalformed, "unknown TCB field");
      TRY(out.component_svn[index], small_integer<std::uint8_t>(field));
    }
    TRY_VOID(field.expect_end());
  }
  if (seen.size() != 18) return fail(IntelError::kMalformed, "incomplete TCB");
  return {};
}

// Dynamic platform, cached keys, SMT: flags that we do not judge.
Status skip_configuration(DerReader configuration) {
  std::set<std::string> seen;
  while (!configuration.at_end()) {
    TRY(DerReader field, configuration.sequence());
    TRY_VOID(field_name(field, kSgxExtension + ".7", seen));
    TRY_VOID(field.element(DerTag::kBoolean));
    TRY_VOID(field.expect_end());
  }
  return {};
}

Status read_field(const std::string& name, DerReader& field, PckInfo& out) {
  if (name == "1") {
    TRY(out.ppid, octets<16>(field));
  } else if (name == "2") {
    TRY(DerReader tcb, field.sequence());
    TRY_VOID(read_tcb(tcb, out));
  } else if (name == "3") {
    TRY(out.pce_id, octets<2>(field));
  } else if (name == "4") {
    TRY(out.fmspc, octets<6>(field));
  } else if (name == "5") {
    TRY(const BytesView type, field.element(DerTag::kEnumerated));
    if (type.size() != 1) return fail(IntelError::kMalformed, "SGX type of the wrong length");
    out.sgx_type = std::to_integer<std::uint8_t>(type[0]);
  } else if (name == "6") {
    TRY(out.platform_instance_id, octets<16>(field));
  } else if (name == "7") {
    TRY(const DerReader configuration, field.sequence());
    TRY_VOID(skip_configuration(configuration));
  } else {
    return fail(IntelError::kMalformed, "unknown field");
  }
  return field.expect_end();
}

Result<PckInfo> read_extension(const crypto::Certificate& leaf) {
  const std::optional<Bytes> der = leaf.extension(kSgxExtension);
  if (!der) return fail(IntelError::kMalformed, "absent");
  DerReader whole(*der);
  TRY(DerReader fields, whole.sequence());
  TRY_VOID(whole.expect_end());
  PckInfo out;
  std::set<std::string> seen;
  while (!fields.at_end()) {
    TRY(DerReader field, fields.sequence());
    TRY(const std::string name, field_name(field, kSgxExtension, seen));
    TRY_VOID(read_field(name, field, out));
  }
  for (const char* required : {".1", ".2", ".3", ".4", ".5"}) {
    if (!seen.contains(kSgxExtension + required)) {
      return fail(IntelError::kMalformed, "incomplete");
    }
  }
  return out;
}

}  // namespace

Result<PckInfo> read_pck_info(const crypto::Certificate& leaf) {
  return or_malformed(read_extension(leaf), "SGX extension of the PCK certificate");
}

std::optional<ByteArray<6>> fmspc_of(const UnverifiedQuote& quote) {
  const auto chain = crypto::Certificate::from_pem_chain(as_text(quote.certificates()), 3);
  if (!chain) return std::nullopt;
  for (const crypto::Certificate& certificate : *chain) {
    if (const auto info = read_pck_info(certificate); info.has_value()) return info->fmspc;
  }
  return std::nullopt;
}

}  // namespace cocoon::attest::intel
