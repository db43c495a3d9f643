#include "crypto/certificate.h"

#include <doctest/doctest.h>

#include <limits>

#include "tests/support/vectors.h"

namespace cocoon::crypto {
namespace {

constexpr UnixSeconds kNow{1'750'000'000};  // June 2025, inside every fixture's validity
constexpr UnixSeconds kLater{4'000'000'000};
using Kind = CertificateTemplate::Kind;

std::string fixture(const std::string& name) {
  return testing::read_text("tests/data/crypto/" + name + ".pem");
}

P256KeyPair key_of(std::uint8_t seed) {
  return P256KeyPair::from_private(SecretArray<32>::copy_of(Bytes(32, std::byte{seed})).value())
      .value();
}

CertificateTemplate named(std::string name, std::string issuer, Kind kind, const P256KeyPair& key) {
  CertificateTemplate what{.common_name = std::move(name),
                           .issuer_common_name = std::move(issuer),
                           .not_before = UnixSeconds(1'700'000'000),
                           .not_after = UnixSeconds(1'800'000'000),
                           .serial = 7,
                           .kind = kind,
                           .subject_key = key.public_key(),
                           .extensions = {},
                           .path_length = std::nullopt};
  return what;
}

Certificate issue(const CertificateTemplate& what, const P256KeyPair& issuer) {
  Result<Certificate> made = issue_certificate(what, issuer);
  REQUIRE(made.has_value());
  return std::move(made).value();
}

// Leaf ← Middle ← Root with these keys.
struct Family {
  P256KeyPair root_key = key_of(1);
  P256KeyPair middle_key = key_of(2);
  P256KeyPair leaf_key = key_of(3);
  Certificate root = issue(named("Root", "Root", Kind::kAuthority, root_key), root_key);
  Certificate middle = issue(named("Middle", "Root", Kind::kAuthority, middle_key), root_key);
  Certificate leaf = issue(named("Leaf", "Middle", Kind::kLeaf, leaf_key), middle_key);
};

void check_refused(const Status& status, CryptoError code, std::string_view text) {
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().is(code));
  CHECK(status.error().message() == text);
}

TEST_CASE(
    "intel's real chain parses with and without its final NUL, and verifies within its validity") {
  const std::string pem = fixture("intel-pck-chain");
  REQUIRE(pem.back() == '\n');
  const auto chain = Certificate::from_pem_chain(pem + '\0', 3);
  REQUIRE(chain.has_value());
  REQUIRE(chain->size() == 3);
  CHECK(Certificate::from_pem_chain(pem, 3).has_value());
  CHECK((*chain)[0].subject_common_name() == "Intel SGX PCK Certificate");
  CHECK((*chain)[0].issuer_common_name() == "Intel SGX PCK Processor CA");
  CHECK_FALSE((*chain)[0].is_certificate_authority());
  CHECK((*chain)[2].is_certificate_authority());
  CHECK((*chain)[2].not_before() == UnixSeconds(1'526'899'510));
  CHECK((*chain)[2].not_after() == UnixSeconds(2'524'607'999));
  const auto sgx = (*chain)[0].extension("1.2.840.113741.1.13.1");
  CHECK(sgx.value_or(Bytes(1)).at(0) == std::byte{0x30});
  CHECK_FALSE((*chain)[0].extension("1.2.840.113741.1.13.2").has_value());
  CHECK_FALSE((*chain)[0].extension("no oid").has_value());
  CHECK((*chain)[2].p256_public_key().has_value());
  CHECK(verify_chain(*chain, kNow).has_value());
  check_refused(verify_chain(*chain, UnixSeconds(1'500'000'000)), CryptoError::kUntrustedChain,
                "certificate outside its validity");
  check_refused(verify_chain(*chain, kLater), CryptoError::kUntrustedChain,
                "certificate outside its validity");
  check_refused(verify_chain({(*chain)[0], (*chain)[1]}, kNow), CryptoError::kUntrustedChain,
                "certificate names another issuer");
}

TEST_CASE("an issued certificate says what its template said") {
  const P256KeyPair root_key = key_of(1);
  const P256KeyPair leaf_key = key_of(3);
  CertificateTemplate what = named("Löwe", "Root", Kind::kLeaf, leaf_key);
  what.not_after = kLater;
  what.extensions.emplace_back("1.2.840.113741.1.13.1", from_hex("3003020105").value());
  const Certificate made = issue(what, root_key);
  CHECK(made.subject_common_name() == "Löwe");
  CHECK(made.issuer_common_name() == "Root");
  CHECK(made.not_before() == what.not_before);
  CHECK(made.not_after() == kLater);
  CHECK_FALSE(made.is_certificate_authority());
  CHECK(made.p256_public_key().value() == leaf_key.public_key());
  CHECK(made.extension("1.2.840.113741.1.13.1") == from_hex("3003020105").value());
  CHECK(Certificate::from_der(made.der()).value().der() == made.der());
}

TEST_CASE("a template that cannot be said is refused") {
  const P256KeyPair key = key_of(1);
  CertificateTemplate bad_oid = named("A", "A", Kind::kLeaf, key);
  bad_oid.extensions.emplace_back("not an oid", Bytes(1));
  CHECK_FALSE(issue_certificate(bad_oid, key).has_value());
  CertificateTemplate bad_key = named("A", "A", Kind::kLeaf, key);
  bad_key.subject_key = P256PublicKey();
  CHECK_FALSE(issue_certificate(bad_key, key).has_value());
  CHECK_FALSE(
      issue_certificate(named(std::string(65, 'a'), "A", Kind::kLeaf, key), key).has_value());
  CertificateTemplate twice = named("A", "A", Kind::kLeaf, key);
  twice.extensions = {{"1.2.3.4", from_hex("0500").value()}, {"1.2.3.4", from_hex("0500").value()}};
  CHECK_FALSE(issue_certificate(twice, key).has_value());
}

TEST_CASE("a chain of issued certificates verifies, whole and in order only") {
  const Family family;
  CHECK(verify_chain({family.leaf, family.middle, family.root}, kNow).has_value());
  CHECK(verify_chain({family.root}, kNow).has_value());
  check_refused(verify_chain({}, kNow), CryptoError::kUntrustedChain, "empty certificate chain");
  check_refused(verify_chain({family.leaf, family.middle}, kNow), CryptoError::kUntrustedChain,
                "certificate names another issuer");
  check_refused(verify_chain({family.leaf, family.root}, kNow), CryptoError::kUntrustedChain,
                "certificate names another issuer");
  CHECK_FALSE(verify_chain({family.middle, family.leaf, family.root}, kNow).has_value());
  check_refused(verify_chain({family.leaf}, kNow), CryptoError::kUntrustedChain,
                "issuer is not a certificate authority");
  check_refused(verify_chain(std::vector<Certificate>(9, family.root), kNow),
                CryptoError::kUntrustedChain, "certificate chain too long");
}

TEST_CASE("a certificate signed by another key of the same name is refused") {
  const Family family;
  const P256KeyPair impostor = key_of(9);
  const Certificate forged = issue(named("Leaf", "Middle", Kind::kLeaf, family.leaf_key), impostor);
  check_refused(forged.verify_issued_by(family.middle), CryptoError::kBadSignature,
                "certificate's signature does not verify");
  check_refused(verify_chain({forged, family.middle, family.root}, kNow),
                CryptoError::kBadSignature, "certificate's signature does not verify");
  CHECK(family.leaf.verify_issued_by(family.middle).has_value());
}

TEST_CASE("a leaf cannot issue") {
  const Family family;
  const Certificate below = issue(named("Below", "Leaf", Kind::kLeaf, key_of(4)), family.leaf_key);
  CHECK(below.verify_issued_by(family.leaf).has_value());
  check_refused(verify_chain({below, family.leaf, family.middle, family.root}, kNow),
                CryptoError::kUntrustedChain, "issuer is not a certificate authority");
}

TEST_CASE("an authority's path length bounds the authorities below it") {
  const Family family;
  CertificateTemplate what = named("Root", "Root", Kind::kAuthority, family.root_key);
  what.path_length = 1;
  CHECK(verify_chain({family.leaf, family.middle, issue(what, family.root_key)}, kNow).has_value());
  what.path_length = 0;
  check_refused(verify_chain({family.leaf, family.middle, issue(what, family.root_key)}, kNow),
                CryptoError::kUntrustedChain, "issuer's path length exceeded");
}

TEST_CASE("every validity window of a chain must contain the moment") {
  const Family family;
  CertificateTemplate what = named("Middle", "Root", Kind::kAuthority, family.middle_key);
  what.not_after = UnixSeconds(1'710'000'000);
  const Certificate expired = issue(what, family.root_key);
  check_refused(verify_chain({family.leaf, expired, family.root}, kNow),
                CryptoError::kUntrustedChain, "certificate outside its validity");
  CHECK(verify_chain({family.leaf, expired, family.root}, UnixSeconds(1'710'000'000)).has_value());
  CHECK_FALSE(
      verify_chain({family.leaf, expired, family.root}, UnixSeconds(1'710'000'001)).has_value());
  CHECK_FALSE(
      verify_chain({family.leaf, expired, family.root}, UnixSeconds(1'699'999'999)).has_value());
}

TEST_CASE("roots that are weak, unable to sign or not understood are refused") {
  const UnixSeconds later(2'000'000'000);
  const auto only = [](const std::string& name) {
    return Certificate::from_pem_chain(fixture(name), 1).value();
  };
  check_refused(verify_chain(only("refused-unknown-critical-extension"), later),
                CryptoError::kUntrustedChain, "certificate with an unknown critical extension");
  for (const char* name :
       {"refused-no-key-usage", "refused-key-usage-without-signing", "refused-not-an-authority"}) {
    check_refused(verify_chain(only(name), later), CryptoError::kUntrustedChain,
                  "issuer is not a certificate authority");
  }
  for (const char* name : {"refused-sha1-signature", "refused-rsa-1024"}) {
    check_refused(verify_chain(only(name), later), CryptoError::kUntrustedChain,
                  "certificate signed with a weak or unknown algorithm");
  }
  CHECK_FALSE(only("refused-rsa-1024")[0].p256_public_key().has_value());
  const auto repeated = Certificate::from_pem_chain(fixture("refused-repeated-extension"), 1);
  REQUIRE_FALSE(repeated.has_value());
  CHECK(repeated.error().message() == "certificate: repeated extension");
}

TEST_CASE("no changed, cut or longer certificate parses to the same chain") {
  const Family family;
  const Bytes& der = family.leaf.der();
  for (std::size_t i = 0; i < der.size(); ++i) {
    Bytes changed = der;
    changed[i] ^= std::byte{1};
    const auto parsed = Certificate::from_der(changed);
    if (parsed.has_value()) CHECK_FALSE(parsed->verify_issued_by(family.middle).has_value());
    CHECK_FALSE(Certificate::from_der(BytesView(der).first(i)).has_value());
  }
  CHECK_FALSE(Certificate::from_der(concat({der, Bytes(1)})).has_value());
  CHECK_FALSE(Certificate::from_der(Bytes(20'000, std::byte{0x30})).has_value());
}

TEST_CASE("a length written in more bytes than DER allows is refused") {
  const Family family;
  Bytes ber = family.leaf.der();
  REQUIRE(ber[1] == std::byte{0x82});
  ber[1] = std::byte{0x83};
  ber.insert(ber.begin() + 2, std::byte{0});
  CHECK_FALSE(Certificate::from_der(ber).has_value());
}

TEST_CASE("pem text with anything but certificates is refused") {
  const std::string pem = fixture("intel-pck-chain");
  const std::string first = pem.substr(0, pem.find("-----END") + 26);
  CHECK(Certificate::from_pem_chain(first, 1).has_value());
  CHECK(Certificate::from_pem_chain("\r\n" + first + " \t\n", 1).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(pem, 2).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(pem, 0).has_value());
  CHECK_FALSE(Certificate::from_pem_chain("", 3).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(std::string(2, '\0'), 3).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(first + std::string(2, '\0'), 3).has_value());
  CHECK_FALSE(Certificate::from_pem_chain("text\n" + first, 3).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(first + "text", 3).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(first.substr(0, first.size() - 10), 3).has_value());
  CHECK_FALSE(Certificate::from_pem_chain(std::string(100'000, ' '), 3).has_value());
  for (const char* changed : {"*", "=", "\n-----BEGIN CERTIFICATE-----\n", "A"}) {
    std::string bad = first;
    bad.insert(100, changed);
    CHECK_FALSE(Certificate::from_pem_chain(bad, 3).has_value());
  }
}

}  // namespace
}  // namespace cocoon::crypto
