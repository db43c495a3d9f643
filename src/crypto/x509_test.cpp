#include "crypto/x509.h"

#include <doctest/doctest.h>

#include "crypto/certificate.h"
#include "tests/support/vectors.h"

namespace cocoon::crypto::x509 {
namespace {

using codec::der_element;
using codec::der_sequence;
using codec::der_unsigned;
using codec::DerTag;

Bytes bits(BytesView content) {
  return der_element(DerTag::kBitString, concat({Bytes(1), content}));
}
Bytes utc(std::string_view text) { return der_element(DerTag::kUtcTime, as_bytes(text)); }
Bytes generalized(std::string_view text) {
  return der_element(DerTag::kGeneralizedTime, as_bytes(text));
}

// A list with these times and entries, whose signature nobody looks at.
Bytes list_of(BytesView first, BytesView last, BytesView rest) {
  const Bytes algorithm = der_sequence({codec::der_object_identifier("1.2.840.10045.4.3.2")});
  const Bytes name = der_sequence({});
  const Bytes signed_part = der_sequence({der_unsigned(1), algorithm, name, first, last, rest});
  return der_sequence({signed_part, algorithm, bits(Bytes(8))});
}

TEST_CASE("times are read to the second and wrong ones refused") {
  const Bytes far = generalized("99991231235959Z");
  const auto first_of = [&](BytesView first) { return read_list(list_of(first, far, {})); };
  const std::pair<Bytes, std::uint32_t> good[] = {
      {utc("700101000000Z"), 0},
      {utc("250704101631Z"), 1'751'624'191},
      {utc("491231235959Z"), 2'524'607'999},
      {generalized("20500101000000Z"), 2'524'608'000},
      {generalized("20240229120000Z"), 1'709'208'000},
      {generalized("21060207062815Z"), UINT32_MAX},
      {generalized("21060207062816Z"), UINT32_MAX},
  };
  for (const auto& [encoded, seconds] : good) {
    CHECK(first_of(encoded).value().this_update == UnixSeconds(seconds));
  }
  CHECK(first_of(far).value().next_update == UnixSeconds(UINT32_MAX));
  for (const Bytes& encoded :
       {utc("691231235959Z"), utc("250704101631"), utc("2507041016Z"), utc("250704101631+0000"),
        utc("251304101631Z"), utc("250732101631Z"), utc("250229101631Z"), utc("250704241631Z"),
        utc("250704106031Z"), utc("250704101660Z"), utc("25070410163/Z"), utc(""),
        generalized("250704101631Z"), generalized("20250704101631.5Z"),
        generalized("x0250704101631Z"), der_unsigned(5)}) {
    CHECK_FALSE(first_of(encoded).has_value());
  }
}

TEST_CASE("a list's entries are read, and critical extensions refused") {
  const Bytes now = utc("250704101631Z");
  const auto extensions = [](BytesView critical) {
    return der_sequence({der_sequence({codec::der_object_identifier("2.5.29.21"), critical,
                                       der_element(DerTag::kOctetString, Bytes(3))})});
  };
  const Bytes truth = der_element(DerTag::kBoolean, Bytes(1, std::byte{0xff}));
  const Bytes falsehood = der_element(DerTag::kBoolean, Bytes(1));
  const auto entries = [&](BytesView more) {
    return list_of(now, now,
                   der_sequence({der_sequence({der_unsigned(5), now}),
                                 der_sequence({der_unsigned(600), now, more})}));
  };
  const Bytes encoded = entries(extensions({}));
  const auto list = read_list(encoded);
  REQUIRE(list.has_value());
  REQUIRE(list->serials.size() == 2);
  CHECK(to_hex(list->serials[0]) == "05");
  CHECK(to_hex(list->serials[1]) == "0258");
  CHECK_FALSE(read_list(entries(extensions(truth))).has_value());
  CHECK_FALSE(read_list(entries(extensions(falsehood))).has_value());  // DER leaves it out
  CHECK_FALSE(read_list(entries(der_unsigned(1))).has_value());
  const auto with_list_extensions = [&](BytesView critical) {
    return list_of(now, now, der_element(DerTag::kExplicit0, extensions(critical)));
  };
  CHECK(read_list(with_list_extensions({})).has_value());
  CHECK_FALSE(read_list(with_list_extensions(truth)).has_value());
  CHECK_FALSE(read_list(list_of(now, now, der_unsigned(1))).has_value());
  CHECK_FALSE(read_list(concat({list_of(now, now, {}), Bytes(1)})).has_value());
}

TEST_CASE("the algorithm that is signed is the algorithm that is used") {
  const Bytes now = utc("250704101631Z");
  const auto algorithm = [](std::string_view oid) {
    return der_sequence({codec::der_object_identifier(oid)});
  };
  const auto list = [&](std::string_view outer) {
    const Bytes signed_part = der_sequence(
        {der_unsigned(1), algorithm("1.2.840.10045.4.3.2"), der_sequence({}), now, now});
    return der_sequence({signed_part, algorithm(outer), bits(Bytes(8))});
  };
  CHECK(read_list(list("1.2.840.10045.4.3.2")).has_value());
  const auto other = read_list(list("1.2.840.10045.4.3.3"));
  REQUIRE_FALSE(other.has_value());
  CHECK(other.error().message() == "revocation list: two different signature algorithms");
}

TEST_CASE("powers are what the extensions say and nothing more") {
  const auto oid = [](std::string_view dotted) {
    Bytes element = codec::der_object_identifier(dotted);
    return Bytes(element.begin() + 2, element.end());
  };
  const Bytes constraints = oid("2.5.29.19");
  const Bytes usage = oid("2.5.29.15");
  const auto powers = [](BytesView kind, std::string_view value) {
    static Bytes kept;
    kept = from_hex(value).value();
    return read_powers({{.oid = kind, .value = kept}});
  };
  CHECK_FALSE(read_powers({}).value().is_authority);
  CHECK_FALSE(powers(constraints, "3000").value().is_authority);
  CHECK(powers(constraints, "30030101ff").value().is_authority);
  CHECK(powers(constraints, "30060101ff020102").value().path_length == 2U);
  CHECK(powers(usage, "03020106").value().may_sign_certificates);
  CHECK(powers(usage, "03020106").value().may_sign_lists);
  CHECK_FALSE(powers(usage, "03020780").value().may_sign_certificates);
  CHECK_FALSE(powers(usage, "03020780").value().may_sign_lists);
  for (const std::string_view value : {"", "0500", "3003010100", "300301010f", "3003020102",
                                       "30060101ff020180", "30080101ff0201020500", "30000500"}) {
    CHECK_FALSE(powers(constraints, value).has_value());
  }
  for (const std::string_view value :
       {"", "0301", "030100", "03020806", "030500060606", "040106"}) {
    CHECK_FALSE(powers(usage, value).has_value());
  }
}

TEST_CASE("a memo reads a certificate once and verifies a link once") {
  const std::string pem = testing::read_text("tests/data/crypto/intel-pck-chain.pem");
  CertificateMemo memo;
  const auto first = Certificate::from_pem_chain(pem, 3, memo).value();
  const auto again = Certificate::from_pem_chain(pem, 3, memo).value();
  for (std::size_t i = 0; i < 3; ++i) CHECK(&first[i].der() == &again[i].der());
  CHECK(verify_chain_links(first, memo).has_value());
  CHECK(verify_chain_links(again, memo).has_value());
  // What was not verified is not remembered: the leaf was not issued by the root.
  CHECK_FALSE(memo.verify_issued_by(first[0], first[2]).has_value());
  CHECK_FALSE(memo.verify_issued_by(first[0], first[2]).has_value());
}

}  // namespace
}  // namespace cocoon::crypto::x509
