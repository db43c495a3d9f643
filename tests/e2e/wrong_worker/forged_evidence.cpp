#include "tests/e2e/wrong_worker/forged_evidence.h"

#include <array>
#include <ctime>
#include <utility>

#include "attest/amd/evidence.h"
#include "base/check.h"
#include "crypto/hash.h"
#include "net/os_random.h"

namespace cocoon::e2e {
namespace {

constexpr std::array<std::pair<std::string_view, Flaw>, 25> kFlaws{{
    {"none", Flaw::kNone},
    {"config-byte", Flaw::kConfigByte},
    {"config-key", Flaw::kConfigKey},
    {"other-statement", Flaw::kOtherStatement},
    {"other-identity", Flaw::kOtherIdentity},
    {"other-kid", Flaw::kOtherKid},
    {"quote-byte", Flaw::kQuoteByte},
    {"report-data", Flaw::kReportData},
    {"model-hash", Flaw::kModelHash},
    {"image", Flaw::kImage},
    {"root", Flaw::kRoot},
    {"debug", Flaw::kDebug},
    {"old-block", Flaw::kOldBlock},
    {"unknown-block", Flaw::kUnknownBlock},
    {"future-block", Flaw::kFutureBlock},
    {"trusted-block", Flaw::kTrustedBlock},
    {"network", Flaw::kNetwork},
    {"config-network", Flaw::kConfigNetwork},
    {"role", Flaw::kRole},
    {"garbage", Flaw::kGarbage},
    {"gpu", Flaw::kGpu},
    {"gpu-other-key", Flaw::kGpuOtherKey},
    {"gpu-missing", Flaw::kGpuMissing},
    {"gpu-too-many", Flaw::kGpuTooMany},
    {"snp", Flaw::kSnp},
}};

constexpr NetworkId kAnotherNetwork{-239};
// No chain that a test starts gets so far.
constexpr Seqno kFutureBlock{100'000'000};
// In the quote's body, behind the header of 48 bytes: TEE_TCB_SVN begins there.
constexpr std::size_t kOffsetInQuoteBody = 48 + 8;

void flip(Bytes& bytes, std::size_t at) { bytes.at(at) ^= std::byte{1}; }

UnixSeconds now() { return UnixSeconds(static_cast<std::uint32_t>(std::time(nullptr))); }

Bytes configuration(const Claims& claims, Flaw flaw) {
  const NetworkId network =
      flaw == Flaw::kNetwork || flaw == Flaw::kConfigNetwork ? kAnotherNetwork : kDevnetNetworkId;
  attest::TrustedBlock trusted = claims.trusted;
  if (flaw == Flaw::kTrustedBlock) trusted.root_hash = BlockHash();
  std::string toml = "network = " + std::to_string(network.value()) +
                     "\nstate_dir = \"/run/impostor\"\n"
                     "[engine]\nkind = \"external\"\nurl = \"http://127.0.0.1:9\"\n"
                     "[model]\nname = \"" +
                     claims.model_name +
                     "\"\n"
                     "[[proxies]]\nhost = \"127.0.0.1\"\nport = 11000\nkey = \"" +
                     std::string(64, 'a') +
                     "\"\n"
                     "[registry]\nfile = \"registry.toml\"\n"
                     "[chain]\nglobal_config = \"global.config.json\"\n"
                     "[chain.trusted_block]\n" +
                     attest::write_trusted_block(trusted);
  if (flaw == Flaw::kConfigKey) toml += "[debug]\nkeep_prompts = true\n";
  return to_bytes(toml);
}

// What the flaw makes of the newest block that a statement may name.
NamedBlock block_of(const Claims& claims, Flaw flaw) {
  if (flaw == Flaw::kOldBlock) return claims.old_block;
  NamedBlock block = claims.block;
  if (flaw == Flaw::kFutureBlock) block.seqno = kFutureBlock;
  net::OsRandom random;
  if (flaw == Flaw::kUnknownBlock) block.root_hash = BlockHash(random.array<32>());
  return block;
}

attest::Statement statement_of(const Claims& claims, Flaw flaw, BytesView configuration) {
  net::OsRandom random;
  attest::Statement statement;
  statement.network = flaw == Flaw::kNetwork ? kAnotherNetwork : kDevnetNetworkId;
  if (flaw == Flaw::kRole) statement.role = attest::Role::kProxy;
  statement.identity_key = flaw == Flaw::kOtherIdentity
                               ? crypto::Ed25519PublicKey(random.array<32>())
                               : claims.identity_key;
  statement.hpke_key = crypto::X25519PublicKey(random.array<32>());
  statement.boot_id = BootId(random.array<16>());
  statement.model_name = claims.model_name;
  statement.model_hash =
      flaw == Flaw::kModelHash ? ModelHash(random.array<32>()) : claims.model_hash;
  statement.config_hash = ConfigHash(crypto::sha256(configuration));
  const NamedBlock block = block_of(claims, flaw);
  statement.block_seqno = block.seqno;
  statement.block_root_hash = block.root_hash;
  return statement;
}

// Nothing of a machine without a GPU, or that hides it.
Result<Bytes> gpu_evidence(const Claims& claims, Flaw flaw, const attest::Statement& statement) {
  const bool is_shown =
      flaw == Flaw::kGpu || flaw == Flaw::kGpuOtherKey || flaw == Flaw::kGpuTooMany;
  if (!is_shown) return Bytes();
  if (!claims.gpu) return fail(attest::AttestError::kGpu, "this flaw needs --gpu");
  const crypto::Ed25519PublicKey asked_by =
      flaw == Flaw::kGpuOtherKey ? crypto::Ed25519PublicKey(net::OsRandom().array<32>())
                                 : statement.identity_key;
  TRY(attest::nvidia::GpuEvidence answer,
      claims.gpu->gpu.evidence(attest::nvidia::gpu_nonce(asked_by, statement.block_root_hash)));
  return tdxsim::with_golden({std::move(answer)}, claims.gpu->golden_key).encode();
}

Result<Bytes> quote_over(const Claims& claims, Flaw flaw, const ByteArray<64>& report_data) {
  tdxsim::Measurements measurements = tdxsim::default_measurements();
  tdxsim::QuoteOptions options;
  if (flaw == Flaw::kImage) measurements.rtmr2[0] ^= std::byte{1};
  // The registry's other shape of machine, which has a GPU.
  if (flaw == Flaw::kGpu || flaw == Flaw::kGpuOtherKey || flaw == Flaw::kGpuMissing)
    measurements.rtmr0[0] ^= std::byte{1};
  if (flaw == Flaw::kDebug) options.td_attributes |= 1U;
  if (flaw == Flaw::kReportData)
    options.report_data = tdxsim::QuoteOptions::ReportData::kFirstBitFlipped;
  if (flaw != Flaw::kRoot) return claims.platform.quote(report_data, measurements, options);
  const auto fill = [](MutableBytesView out) { net::OsRandom().fill(out); };
  TRY(const tdxsim::Platform another, tdxsim::Platform::create(fill, now()));
  return another.quote(report_data, measurements, options);
}

Result<Bytes> snp_evidence(const Claims& claims, const ByteArray<64>& report_data) {
  if (!claims.snp) return fail(attest::AttestError::kUnsupported, "this flaw needs --snp");
  attest::amd::SnpEvidence out;
  TRY(out.report, claims.snp->report(report_data, tdxsim::default_snp_measurement()));
  for (const crypto::Certificate& certificate : claims.snp->chain())
    out.certificates_der.push_back(certificate.der());
  return out.encode();
}

}  // namespace

std::optional<Flaw> parse_flaw(std::string_view name) {
  for (const auto& [known, flaw] : kFlaws) {
    if (known == name) return flaw;
  }
  return std::nullopt;
}

Result<ForgedEvidence> forge(const Claims& claims, Flaw flaw) {
  attest::EvidenceBundle bundle;
  bundle.configuration = configuration(claims, flaw);
  attest::Statement statement = statement_of(claims, flaw, bundle.configuration);
  TRY(bundle.gpu_evidence, gpu_evidence(claims, flaw, statement));
  if (!bundle.gpu_evidence.empty())
    statement.gpu_evidence_digest = to_bytes(crypto::sha256(bundle.gpu_evidence));
  const ByteArray<64> vouched_for = attest::report_data_for(statement.encode());
  if (flaw == Flaw::kOtherStatement)
    statement.hpke_key = crypto::X25519PublicKey(net::OsRandom().array<32>());
  bundle.statement = statement.encode();
  TRY(bundle.quote, flaw == Flaw::kSnp ? snp_evidence(claims, vouched_for)
                                       : quote_over(claims, flaw, vouched_for));
  if (flaw == Flaw::kQuoteByte) flip(bundle.quote, kOffsetInQuoteBody);
  // Inside a comment-free file any byte steers something; this one is of the engine's port.
  if (flaw == Flaw::kConfigByte) {
    const std::size_t port = as_text(bundle.configuration).find(":9\"");
    COCOON_CHECK(port != std::string_view::npos);
    flip(bundle.configuration, port + 1);
  }
  Bytes encoded = flaw == Flaw::kGarbage ? to_bytes("no evidence") : bundle.encode();
  const Kid kid = flaw == Flaw::kOtherKid ? Kid(net::OsRandom().array<32>())
                                          : attest::kid_for(bundle.statement);
  return ForgedEvidence{kid, statement.model_hash, std::move(encoded),
                        to_bytes(claims.platform.collateral())};
}

Result<ForgedEvidence> malleate(BytesView evidence, const Claims& claims) {
  TRY(attest::EvidenceBundle bundle, attest::EvidenceBundle::decode(evidence));
  bundle.quote = tdxsim::with_negated_s(std::move(bundle.quote));
  return ForgedEvidence{attest::kid_for(bundle.statement), claims.model_hash, bundle.encode(),
                        to_bytes(claims.platform.collateral())};
}

}  // namespace cocoon::e2e
