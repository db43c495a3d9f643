#include "tdxsim/snp_platform.h"

#include <algorithm>

#include "base/check.h"
#include "base/reader.h"
#include "codec/der.h"
#include "tdxsim/draw_key.h"
#include "tdxsim/key_and_chain.h"

// The layouts are docs/formats/snp-report.md's.
namespace cocoon::tdxsim {
namespace {

using attest::amd::KeyKind;
using attest::amd::Product;
using attest::amd::TcbVersion;
using crypto::CertificateTemplate;
using crypto::P384KeyPair;

constexpr std::uint32_t kValidSeconds = 10U * 365 * 86'400;
constexpr std::uint32_t kBackdatedSeconds = 86'400;  // clocks of the machines around differ
constexpr TcbVersion kTcb{.bootloader = 4, .tee = 1, .snp = 27, .microcode = 74};
const std::string kAmdArc = "1.3.6.1.4.1.3704.1";

Bytes ia5_string(std::string_view text) {
  constexpr std::byte kTag{0x16};
  return concat({std::array{kTag, static_cast<std::byte>(text.size())}, as_bytes(text)});
}

// The extensions of a VCEK or VLEK certificate.
std::vector<std::pair<std::string, Bytes>> key_extensions(Product product, KeyKind kind,
                                                          const TcbVersion& tcb,
                                                          const Bytes& hardware_id) {
  std::vector<std::pair<std::string, Bytes>> out{
      {kAmdArc + ".1", codec::der_unsigned(1)},
      {kAmdArc + ".2", ia5_string(name_of(product))},
      {kAmdArc + ".3.1", codec::der_unsigned(tcb.bootloader)},
      {kAmdArc + ".3.2", codec::der_unsigned(tcb.tee)},
      {kAmdArc + ".3.3", codec::der_unsigned(tcb.snp)},
      {kAmdArc + ".3.8", codec::der_unsigned(tcb.microcode)},
  };
  if (product == Product::kTurin) {
    out.emplace_back(kAmdArc + ".3.9", codec::der_unsigned(tcb.fmc));
  }
  if (kind == KeyKind::kVcek) {
    out.emplace_back(kAmdArc + ".4", hardware_id);
  } else {
    out.emplace_back(kAmdArc + ".5", ia5_string("CN=tdx-sim"));
  }
  return out;
}

// CPUID family, model and stepping, as a report of version 3 and up begins that field.
ByteArray<3> cpu_id_of(Product product) {
  switch (product) {
    case Product::kMilan:
      return {std::byte{0x19}, std::byte{0x01}, std::byte{1}};
    case Product::kGenoa:
      return {std::byte{0x19}, std::byte{0x11}, std::byte{1}};
    case Product::kTurin:
      return {std::byte{0x1a}, std::byte{0x02}, std::byte{1}};
  }
  std::unreachable();
}

Bytes chip_id(SnpOptions::ChipId how, const Bytes& hardware_id) {
  Bytes out = hardware_id;
  out.resize(64);
  switch (how) {
    case SnpOptions::ChipId::kOwn:
      return out;
    case SnpOptions::ChipId::kMasked:
      return Bytes(64);
    case SnpOptions::ChipId::kAnother:
      out[0] ^= std::byte{1};
      return out;
  }
  std::unreachable();
}

// One integer of the signature as the firmware writes it: little-endian, 72 bytes.
Bytes little_endian(BytesView big_endian) {
  Bytes out(big_endian.rbegin(), big_endian.rend());
  out.resize(72);
  return out;
}

}  // namespace

crypto::Sha384Digest default_snp_measurement() {
  return crypto::sha384(label("cocoon/1 tdx-sim snp measurement"));
}

Result<SnpPlatform> SnpPlatform::create(const Platform::FillRandom& random, UnixSeconds now,
                                        Product product, KeyKind key_kind) {
  TRY(const P384KeyPair root_key, draw_key<P384KeyPair>(random));
  TRY(const P384KeyPair issuer_key, draw_key<P384KeyPair>(random));
  TRY(P384KeyPair key, draw_key<P384KeyPair>(random));
  SnpPlatform out(product, key_kind, std::move(key));
  out.tcb_ = kTcb;
  out.tcb_.fmc = product == Product::kTurin ? 1 : 0;
  out.hardware_id_.resize(product == Product::kTurin ? 8 : 64);
  random(out.hardware_id_);

  const std::string name(name_of(product));
  const std::string kind(name_of(key_kind));
  const std::string root_name = "Cocoon DEV ARK-" + name;
  const std::string issuer_name =
      "Cocoon DEV SEV-" + (key_kind == KeyKind::kVlek ? "VLEK-" + name : name);
  CertificateTemplate what;
  what.not_before = UnixSeconds(now.value() - kBackdatedSeconds);
  what.not_after = UnixSeconds(now.value() + kValidSeconds);
  what.kind = CertificateTemplate::Kind::kAuthority;
  what.common_name = what.issuer_common_name = root_name;
  what.subject_key = root_key.public_key();
  TRY(crypto::Certificate root, crypto::issue_certificate(what, root_key));
  what.common_name = issuer_name;
  what.subject_key = issuer_key.public_key();
  TRY(crypto::Certificate issuer, crypto::issue_certificate(what, root_key));
  what.kind = CertificateTemplate::Kind::kLeaf;
  what.common_name = "Cocoon DEV SEV-" + kind;
  what.issuer_common_name = issuer_name;
  what.subject_key = out.key_.public_key();
  what.extensions = key_extensions(product, key_kind, out.tcb_, out.hardware_id_);
  TRY(crypto::Certificate leaf, crypto::issue_certificate(what, issuer_key));
  out.chain_ = {std::move(leaf), std::move(issuer), std::move(root)};
  return out;
}

SecretBytes SnpPlatform::save() const { return save_key_and_chain(key_, chain_); }

Result<SnpPlatform> SnpPlatform::load(BytesView saved) {
  TRY(KeyAndChain loaded, load_key_and_chain(saved));
  // Product, firmware and chip are what the certificates say.
  const std::vector<crypto::Sha256Digest> roots(1, crypto::sha256(loaded.leaf_first.back().der()));
  TRY(const attest::amd::VerifiedEndorsement endorsement,
      attest::amd::verify_endorsement(loaded.leaf_first, roots,
                                      loaded.leaf_first.front().not_before()));
  SnpPlatform out(endorsement.product(), endorsement.key_kind(), std::move(loaded.key));
  out.tcb_ = endorsement.key().tcb;
  out.hardware_id_ = endorsement.key().hardware_id;
  if (out.hardware_id_.empty()) out.hardware_id_.resize(8);
  out.chain_ = std::move(loaded.leaf_first);
  return out;
}

crypto::Sha256Digest SnpPlatform::root_fingerprint() const {
  return crypto::sha256(chain_.back().der());
}

Result<Bytes> SnpPlatform::report(const ByteArray<64>& report_data,
                                  const crypto::Sha384Digest& measurement,
                                  const SnpOptions& options) const {
  const ByteArray<8> own_tcb = tcb_.encode(product_);
  const ByteArray<8> reported = options.reported_tcb.value_or(tcb_).encode(product_);
  Writer out(Endian::kLittle);
  out.u32(options.version).u32(0).u64(options.policy).zeros(32);
  out.u32(options.vmpl).u32(1).bytes(own_tcb).u64(options.platform_info);
  out.u32(static_cast<std::uint32_t>(key_kind_) << 2U).zeros(4);
  out.bytes(report_data).bytes(measurement);
  out.zeros(32 + 48 + 48 + 32 + 32);  // HOST_DATA, digests of ID and author keys, report ids
  out.bytes(reported);
  if (options.version >= 3) {
    out.bytes(cpu_id_of(product_)).zeros(21);
  } else {
    out.zeros(24);
  }
  out.bytes(chip_id(options.chip_id, hardware_id_));
  out.bytes(own_tcb).zeros(8).bytes(own_tcb).zeros(168);
  TRY(const crypto::P384Signature signature, key_.sign(out.view()));
  out.bytes(little_endian(signature.view().first(48)));
  out.bytes(little_endian(signature.view().last(48))).zeros(368);
  return std::move(out).take();
}

Bytes snp_certificate_table(const std::vector<SnpTableEntry>& entries) {
  constexpr std::size_t kEntrySize = 24;
  Writer out(Endian::kLittle);
  std::size_t offset = (entries.size() + 1) * kEntrySize;
  for (const SnpTableEntry& entry : entries) {
    const auto guid = from_hex(entry.guid);
    COCOON_CHECK(guid.has_value() && guid->size() == 16);
    out.bytes(*guid).u32(static_cast<std::uint32_t>(offset));
    out.u32(static_cast<std::uint32_t>(entry.content.size()));
    offset += entry.content.size();
  }
  out.zeros(kEntrySize);
  for (const SnpTableEntry& entry : entries) out.bytes(as_bytes(entry.content));
  return std::move(out).take();
}

Bytes SnpPlatform::certificate_table() const {
  const auto der = [this](std::size_t at) { return std::string(as_text(chain_[at].der())); };
  return snp_certificate_table({{kVcekGuid, der(0)}, {kAskGuid, der(1)}, {kArkGuid, der(2)}});
}

}  // namespace cocoon::tdxsim
