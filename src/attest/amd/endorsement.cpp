#include "attest/amd/endorsement.h"

#include <algorithm>

#include "attest/amd/vendor_certificates.h"
#include "base/check.h"
#include "codec/base64.h"
#include "codec/der.h"

namespace cocoon::attest::amd {
namespace {

using crypto::Certificate;

const std::string kAmdArc = "1.3.6.1.4.1.3704.1";
constexpr std::size_t kProviderLengthMax = 128;

std::unexpected<Error> malformed(std::string why) {
  return fail(AmdError::kMalformed, "endorsement: " + std::move(why));
}

Certificate vendor_certificate(std::string_view base64) {
  auto certificate = Certificate::from_der(codec::from_base64(base64).value());
  COCOON_CHECK(certificate.has_value());
  return std::move(certificate).value();
}

// A security version number: INTEGER of at most one byte's worth.
Result<std::uint8_t> read_svn(const Certificate& leaf, const std::string& name) {
  const std::optional<Bytes> der = leaf.extension(kAmdArc + name);
  if (!der) return malformed("no " + name);
  codec::DerReader in(*der);
  const auto value = in.unsigned_integer();
  if (!value.has_value() || !in.at_end() || *value > 0xff) return malformed("bad " + name);
  return static_cast<std::uint8_t>(*value);
}

Result<TcbVersion> read_tcb(const Certificate& leaf, Product product) {
  TcbVersion out;
  TRY(out.bootloader, read_svn(leaf, ".3.1"));
  TRY(out.tee, read_svn(leaf, ".3.2"));
  TRY(out.snp, read_svn(leaf, ".3.3"));
  TRY(out.microcode, read_svn(leaf, ".3.8"));
  switch (product) {
    case Product::kMilan:
    case Product::kGenoa:
      break;
    case Product::kTurin: {
      TRY(out.fmc, read_svn(leaf, ".3.9"));
      break;
    }
  }
  return out;
}

// The content of an IA5String.
Result<std::string> read_text(const Certificate& leaf, const std::string& name) {
  constexpr std::byte kIa5String{0x16};
  const std::optional<Bytes> der = leaf.extension(kAmdArc + name);
  if (!der || der->size() < 2 || (*der)[0] != kIa5String ||
      std::to_integer<std::size_t>((*der)[1]) != der->size() - 2 ||
      der->size() > kProviderLengthMax) {
    return malformed("no text " + name);
  }
  std::string text(as_text(BytesView(*der).subspan(2)));
  if (!std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) {
    return malformed("unprintable " + name);
  }
  return text;
}

// The chip's id: bare in AMD's certificates so far, an OCTET STRING in newer drafts.
Result<Bytes> read_hardware_id(const Certificate& leaf, Product product) {
  const std::size_t size = product == Product::kTurin ? 8 : 64;
  std::optional<Bytes> value = leaf.extension(kAmdArc + ".4");
  if (!value) return malformed("no hardware id");
  if (value->size() == size) return *std::move(value);
  codec::DerReader in(*value);
  const auto content = in.element(codec::DerTag::kOctetString);
  if (!content.has_value() || !in.at_end() || content->size() != size) {
    return malformed("hardware id of the wrong length");
  }
  return to_bytes(*content);
}

Result<KeyDescription> read_key(const Certificate& leaf, Product product, KeyKind kind) {
  KeyDescription out;
  TRY(const std::string name, read_text(leaf, ".2"));
  // "Milan-B0" and "Genoa": a stepping may follow.
  const std::string_view expected = name_of(product);
  if (name != expected && !name.starts_with(std::string(expected) + "-")) {
    return malformed("the key is for another product than its issuer's");
  }
  TRY(out.tcb, read_tcb(leaf, product));
  switch (kind) {
    case KeyKind::kVcek: {
      TRY(out.hardware_id, read_hardware_id(leaf, product));
      break;
    }
    case KeyKind::kVlek: {
      TRY(out.provider, read_text(leaf, ".5"));
      break;
    }
  }
  return out;
}

struct ChainNames {
  Product product;
  KeyKind kind;
};

// AMD's certificates carry exact names; those of a development root end alike.
Result<ChainNames> read_names(const std::vector<Certificate>& chain) {
  if (chain.size() != 3)
    return malformed("not exactly the key's certificate, its issuer and a root");
  const std::string leaf = chain[0].subject_common_name();
  const std::string issuer = chain[1].subject_common_name();
  const std::string root = chain[2].subject_common_name();
  for (const Product product : {Product::kMilan, Product::kGenoa, Product::kTurin}) {
    const std::string name(name_of(product));
    if (!root.ends_with("ARK-" + name)) continue;
    if (leaf.ends_with("SEV-VCEK") && issuer.ends_with("SEV-" + name)) {
      return ChainNames{.product = product, .kind = KeyKind::kVcek};
    }
    if (leaf.ends_with("SEV-VLEK") && issuer.ends_with("SEV-VLEK-" + name)) {
      return ChainNames{.product = product, .kind = KeyKind::kVlek};
    }
  }
  return malformed("a certificate whose name is not of its place");
}

template <class T>
Result<T> or_malformed(Result<T> result) {
  if (result.has_value() || result.error().library() == Library::kAttestAmd) return result;
  return malformed(result.error().message());
}

bool is_trusted(const crypto::Sha256Digest& root, std::span<const crypto::Sha256Digest> roots) {
  return std::ranges::find(roots, root) != roots.end();
}

std::unexpected<Error> untrusted_root() {
  return fail(AmdError::kUntrustedRoot, "endorsement: a root that is not trusted");
}

std::unexpected<Error> bad_signature(const std::string& why) {
  return fail(AmdError::kBadSignature, "endorsement: " + why);
}

}  // namespace

const std::vector<crypto::Sha256Digest>& amd_roots() {
  static const std::vector<crypto::Sha256Digest> roots = [] {
    std::vector<crypto::Sha256Digest> out;
    for (const VendorCertificates& vendor : vendor_certificates()) {
      out.push_back(crypto::sha256(codec::from_base64(vendor.ark).value()));
    }
    return out;
  }();
  return roots;
}

Result<std::vector<Certificate>> with_vendor_issuers(Certificate leaf) {
  const std::string issuer = leaf.issuer_common_name();
  for (const VendorCertificates& vendor : vendor_certificates()) {
    const std::string name(name_of(vendor.product));
    const bool is_vcek = issuer == "SEV-" + name;
    if (!is_vcek && issuer != "SEV-VLEK-" + name) continue;
    std::vector<Certificate> chain;
    chain.push_back(std::move(leaf));
    chain.push_back(vendor_certificate(is_vcek ? vendor.ask : vendor.asvk));
    chain.push_back(vendor_certificate(vendor.ark));
    return chain;
  }
  return fail(AmdError::kUntrustedRoot, "endorsement: not issued by an authority of AMD's");
}

Result<VerifiedEndorsement> verify_endorsement(const std::vector<Certificate>& leaf_first,
                                               std::span<const crypto::Sha256Digest> roots,
                                               UnixSeconds at) {
  TRY(const ChainNames names, read_names(leaf_first));
  const crypto::Sha256Digest root = crypto::sha256(leaf_first.back().der());
  if (!is_trusted(root, roots)) return untrusted_root();
  if (const Status chain = crypto::verify_chain(leaf_first, at); !chain.has_value()) {
    return bad_signature(chain.error().message());
  }
  if (leaf_first.front().is_certificate_authority()) return malformed("the key is an authority's");
  TRY(KeyDescription description, read_key(leaf_first.front(), names.product, names.kind));
  TRY(crypto::P384Verifier verifier, or_malformed(leaf_first.front().p384_verifier()));
  VerifiedEndorsement out(std::move(verifier));
  out.product_ = names.product;
  out.key_kind_ = names.kind;
  out.key_ = std::move(description);
  out.root_ = root;
  out.not_before_ = leaf_first.front().not_before();
  out.not_after_ = leaf_first.front().not_after();
  for (const Certificate& certificate : leaf_first) {
    out.not_before_ = std::max(out.not_before_, certificate.not_before());
    out.not_after_ = std::min(out.not_after_, certificate.not_after());
  }
  return out;
}

Result<VerifiedEndorsement> EndorsementCache::verify(std::span<const Bytes> leaf_first_der,
                                                     std::span<const crypto::Sha256Digest> roots,
                                                     UnixSeconds at) {
  Bytes digests;
  for (const Bytes& der : leaf_first_der) append(digests, crypto::sha256(der));
  const crypto::Sha256Digest name = crypto::sha256(digests);
  if (const VerifiedEndorsement* const known = endorsements_.find(name); known != nullptr) {
    if (!is_trusted(known->root(), roots)) return untrusted_root();
    if (!known->is_valid_at(at)) return bad_signature("certificate outside its validity");
    return *known;
  }
  std::vector<Certificate> chain;
  for (const Bytes& der : leaf_first_der) {
    TRY(Certificate certificate, or_malformed(Certificate::from_der(der)));
    chain.push_back(std::move(certificate));
  }
  if (chain.size() == 1) {
    TRY(chain, with_vendor_issuers(std::move(chain.front())));
  }
  TRY(VerifiedEndorsement verified, verify_endorsement(chain, roots, at));
  endorsements_.remember(name, verified);
  return verified;
}

}  // namespace cocoon::attest::amd
