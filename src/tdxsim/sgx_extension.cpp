#include "tdxsim/sgx_extension.h"

#include <array>
#include <string>

#include "codec/der.h"

namespace cocoon::tdxsim {
namespace {

using codec::DerTag;

// Component SVNs, PCE SVN and CPUSVN of an invented platform.
constexpr std::array<std::uint8_t, 16> kComponentSvn{3, 3, 2, 2, 3, 1, 0, 5};
constexpr std::uint64_t kPceSvn = 13;

std::string oid(const std::string& rest) { return std::string(kSgxExtensionOid) + rest; }

Bytes field(const std::string& rest, BytesView value) {
  return codec::der_sequence({codec::der_object_identifier(oid(rest)), value});
}

Bytes octets(BytesView value) { return codec::der_element(DerTag::kOctetString, value); }

Bytes tcb() {
  Bytes fields;
  Bytes cpu_svn;
  for (std::size_t i = 0; i < kComponentSvn.size(); ++i) {
    append(fields, field(".2." + std::to_string(i + 1), codec::der_unsigned(kComponentSvn[i])));
    cpu_svn.push_back(std::byte{kComponentSvn[i]});
  }
  append(fields, field(".2.17", codec::der_unsigned(kPceSvn)));
  append(fields, field(".2.18", octets(cpu_svn)));
  return codec::der_element(DerTag::kSequence, fields);
}

Bytes configuration() {
  const auto flag = [](const char* name, std::uint8_t value) {
    const ByteArray<1> content{std::byte{value}};
    return field(name, codec::der_element(DerTag::kBoolean, content));
  };
  return codec::der_sequence({flag(".7.1", 0xff), flag(".7.2", 0xff), flag(".7.3", 0xff)});
}

}  // namespace

Bytes sgx_extension(const ByteArray<16>& ppid) {
  const ByteArray<2> pce_id{};
  const ByteArray<1> scalable_type{std::byte{1}};
  return codec::der_sequence({
      field(".1", octets(ppid)),
      field(".2", tcb()),
      field(".3", octets(pce_id)),
      field(".4", octets(kFmspc)),
      field(".5", codec::der_element(DerTag::kEnumerated, scalable_type)),
      field(".6", octets(ppid)),
      field(".7", configuration()),
  });
}

}  // namespace cocoon::tdxsim
