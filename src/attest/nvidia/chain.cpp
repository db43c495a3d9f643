#include "attest/nvidia/chain.h"

#include <algorithm>

#include "codec/der.h"

namespace cocoon::attest::nvidia {
namespace {

using codec::DerReader;
using codec::DerTag;
using crypto::Certificate;

constexpr std::size_t kChainLength = 5;
const std::string kDiceCompositeDeviceId = "2.23.133.5.4.1";
const std::string kDiceTcbInfo = "2.23.133.5.4.1.1";
const std::string kSha384Oid = "2.16.840.1.101.3.4.2.2";

// "102bf659…" as bytes.
constexpr crypto::Sha256Digest kNvidiaDeviceRoot = [] {
  constexpr std::string_view kHex =
      "102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48";
  constexpr auto kDigit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  crypto::Sha256Digest out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(kDigit(kHex[2 * i]) * 16 + kDigit(kHex[2 * i + 1]));
  }
  return out;
}();

std::unexpected<Error> malformed(const char* why) {
  return fail(NvidiaError::kMalformed, std::string("GPU certificates: ") + why);
}

// SEQUENCE { hash algorithm, FWID }, the next element.
Result<crypto::Sha384Digest> read_digest(DerReader& in) {
  TRY(DerReader firmware, in.sequence());
  TRY(const std::string algorithm, firmware.object_identifier());
  TRY(const BytesView fwid, firmware.element(DerTag::kOctetString));
  TRY_VOID(firmware.expect_end());
  crypto::Sha384Digest out{};
  if (algorithm != kSha384Oid || fwid.size() != out.size()) return malformed("FWID");
  std::ranges::copy(fwid, out.begin());
  return out;
}

// Hopper: SEQUENCE { version, key of the chip, digest } (TCG DICE, the composite device id).
Result<crypto::Sha384Digest> read_composite_device_id(BytesView der) {
  DerReader whole(der);
  TRY(DerReader fields, whole.sequence());
  TRY_VOID(whole.expect_end());
  TRY_VOID(fields.unsigned_integer());
  TRY_VOID(fields.sequence());
  TRY(const crypto::Sha384Digest fwid, read_digest(fields));
  TRY_VOID(fields.expect_end());
  return fwid;
}

// Blackwell: SEQUENCE of optional members, [6] the digests of firmware (TCG DICE Attestation
// Architecture, DiceTcbInfo). The first is the firmware that signs; NVIDIA's second is zeros.
Result<crypto::Sha384Digest> read_tcb_info(BytesView der) {
  DerReader whole(der);
  TRY(DerReader members, whole.sequence());
  TRY_VOID(whole.expect_end());
  constexpr auto kFirmwareList = static_cast<DerTag>(0xa6);  // [6], constructed
  std::optional<crypto::Sha384Digest> fwid;
  while (!members.at_end()) {
    TRY(const codec::DerElement member, members.any());
    if (member.tag != kFirmwareList) continue;
    if (fwid) return malformed("two lists of firmware");
    DerReader digests(member.content);
    TRY(fwid, read_digest(digests));
    while (!digests.at_end()) TRY_VOID(read_digest(digests));
  }
  if (!fwid) return malformed("no firmware in DICE's TCB information");
  return *fwid;
}

Result<crypto::Sha384Digest> read_fwid(const Certificate& leaf) {
  const std::optional<Bytes> composite = leaf.extension(kDiceCompositeDeviceId);
  const std::optional<Bytes> tcb_info = leaf.extension(kDiceTcbInfo);
  if (composite && tcb_info) return malformed("two DICE extensions");
  if (composite) return read_composite_device_id(*composite);
  if (tcb_info) return read_tcb_info(*tcb_info);
  return malformed("no DICE extension");
}

// The chip's name before the first blank: "GH100 A01 GSP FMC LF".
std::string model_of(const Certificate& leaf) {
  const std::string name = leaf.subject_common_name();
  return name.substr(0, name.find(' '));
}

template <class T>
Result<T> or_malformed(Result<T> result) {
  if (result.has_value() || result.error().library() == Library::kAttestNvidia) return result;
  return malformed(result.error().message().c_str());
}

bool is_trusted(const crypto::Sha256Digest& root, std::span<const crypto::Sha256Digest> roots) {
  return std::ranges::find(roots, root) != roots.end();
}

std::unexpected<Error> untrusted_root() {
  return fail(NvidiaError::kUntrustedRoot, "GPU certificates: a root that is not trusted");
}

}  // namespace

const crypto::Sha256Digest& nvidia_root() { return kNvidiaDeviceRoot; }

Result<VerifiedGpuChain> verify_gpu_chain(const std::vector<Certificate>& leaf_first,
                                          std::span<const crypto::Sha256Digest> roots,
                                          UnixSeconds at) {
  if (leaf_first.size() != kChainLength) return malformed("not exactly five");
  const crypto::Sha256Digest root = crypto::sha256(leaf_first.back().der());
  if (!is_trusted(root, roots)) return untrusted_root();
  if (const Status chain = crypto::verify_chain(leaf_first, at); !chain.has_value()) {
    return fail(NvidiaError::kBadSignature, "GPU certificates: " + chain.error().message());
  }
  const Certificate& leaf = leaf_first.front();
  if (leaf.is_certificate_authority()) return malformed("the leaf is an authority");
  TRY(const crypto::Sha384Digest fwid, or_malformed(read_fwid(leaf)));
  TRY(crypto::P384Verifier verifier, or_malformed(leaf.p384_verifier()));
  VerifiedGpuChain out(std::move(verifier));
  out.root_ = root;
  out.fwid_ = fwid;
  TRY(const crypto::P384PublicKey chip_key, or_malformed(leaf_first[1].p384_public_key()));
  out.gpu_id_ = GpuId(crypto::sha256(chip_key.view()));
  out.model_ = model_of(leaf);
  out.not_before_ = leaf.not_before();
  out.not_after_ = leaf.not_after();
  for (const Certificate& certificate : leaf_first) {
    out.not_before_ = std::max(out.not_before_, certificate.not_before());
    out.not_after_ = std::min(out.not_after_, certificate.not_after());
  }
  return out;
}

Result<VerifiedGpuChain> GpuChainCache::verify(std::span<const Bytes> leaf_first_der,
                                               std::span<const crypto::Sha256Digest> roots,
                                               UnixSeconds at) {
  if (leaf_first_der.size() != kChainLength) return malformed("not exactly five");
  Bytes digests;
  for (const Bytes& der : leaf_first_der) {
    append(digests, crypto::sha256(der));
  }
  const crypto::Sha256Digest name = crypto::sha256(digests);
  if (const VerifiedGpuChain* const known = chains_.find(name); known != nullptr) {
    if (!is_trusted(known->root(), roots)) return untrusted_root();
    if (!known->is_valid_at(at)) {
      return fail(NvidiaError::kBadSignature, "GPU certificates: certificate outside its validity");
    }
    return *known;
  }
  std::vector<Certificate> chain;
  for (const Bytes& der : leaf_first_der) {
    TRY(Certificate certificate, or_malformed(Certificate::from_der(der)));
    chain.push_back(std::move(certificate));
  }
  TRY(VerifiedGpuChain verified, verify_gpu_chain(chain, roots, at));
  chains_.remember(name, verified);
  return verified;
}

}  // namespace cocoon::attest::nvidia
