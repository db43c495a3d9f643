#include "attest/amd/verify.h"

#include <algorithm>
#include <utility>

namespace cocoon::attest::amd {
namespace {

// POLICY and PLATFORM_INFO of AMD 56860.
constexpr std::uint64_t bit(unsigned number) { return std::uint64_t{1} << number; }
constexpr std::uint64_t kPolicyMustBeOne = bit(17);
constexpr std::uint64_t kPolicyMigrateMa = bit(18);
constexpr std::uint64_t kPolicyDebug = bit(19);
// Below it: the firmware ABI's version, SMT, single socket, CXL, AES-256-XTS, RAPL, ciphertext
// hiding, page swap: none exposes the guest.
constexpr std::uint64_t kPolicyKnown = bit(26) - 1;
constexpr std::uint64_t kPlatformAliasCheckComplete = bit(5);

bool all_zero(BytesView bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

bool is_cpu_of(const CpuId& cpu, Product product) {
  switch (product) {
    case Product::kMilan:
      return cpu.family == 0x19 && cpu.model <= 0x0f;
    case Product::kGenoa:
      return cpu.family == 0x19 &&
             ((cpu.model >= 0x10 && cpu.model <= 0x1f) || (cpu.model >= 0xa0 && cpu.model <= 0xaf));
    case Product::kTurin:
      return cpu.family == 0x1a && cpu.model <= 0x1f;
  }
  std::unreachable();
}

std::unexpected<Error> wrong_chip(const char* why) { return fail(AmdError::kWrongChip, why); }

// The chip that the report is about; see VerifiedReport::chip_id().
Result<Bytes> match_chip(const ReportBody& body, const VerifiedEndorsement& endorsement) {
  const Bytes& hardware_id = endorsement.key().hardware_id;
  const BytesView chip_id(body.chip_id);
  if (endorsement.key_kind() == KeyKind::kVlek) {
    return all_zero(chip_id) ? Bytes() : to_bytes(chip_id);
  }
  // Turin's ids are the first eight bytes of the field.
  const bool matches = equal(chip_id.first(hardware_id.size()), hardware_id) &&
                       all_zero(chip_id.subspan(hardware_id.size()));
  if (!matches && !all_zero(chip_id)) {
    return wrong_chip("the report is another chip's than the key");
  }
  return hardware_id;
}

const std::optional<TcbVersion>* tcb_floor(const GuestPolicy& policy, Product product) {
  switch (product) {
    case Product::kMilan:
      return nullptr;
    case Product::kGenoa:
      return &policy.genoa_tcb_min;
    case Product::kTurin:
      return &policy.turin_tcb_min;
  }
  std::unreachable();
}

Status check_product(const VerifiedReport& report, const GuestPolicy& policy) {
  const std::string name(name_of(report.product()));
  const std::optional<TcbVersion>* const floor = tcb_floor(policy, report.product());
  if (floor == nullptr) {
    return fail(AmdError::kRefusedProduct, name + " processors are never accepted");
  }
  if (!floor->has_value()) {
    return fail(AmdError::kRefusedProduct, "the policy does not name " + name + " processors");
  }
  if (!report.reported_tcb().at_least(**floor)) {
    return fail(AmdError::kTcbTooOld, "the firmware is older than the policy allows");
  }
  return {};
}

}  // namespace

Result<VerifiedReport> verify_report(UnverifiedReport report,
                                     const VerifiedEndorsement& endorsement, UnixSeconds at) {
  if (!endorsement.is_valid_at(at)) {
    return fail(AmdError::kBadSignature, "endorsement: certificate outside its validity");
  }
  if (const Status signature =
          endorsement.verifier().verify(report.signed_part(), report.signature());
      !signature.has_value()) {
    return fail(AmdError::kBadSignature, "SEV-SNP report: " + signature.error().message());
  }
  if (report.key_kind() != endorsement.key_kind()) {
    return wrong_chip("the report names another kind of key than its endorsement");
  }
  const ReportBody& body = report.body();
  if (body.cpu_id && !is_cpu_of(*body.cpu_id, endorsement.product())) {
    return wrong_chip("the report is another product's than the key");
  }
  TRY(Bytes chip_id, match_chip(body, endorsement));
  TRY(const TcbVersion reported, TcbVersion::parse(body.reported_tcb, endorsement.product()));
  if (reported != endorsement.key().tcb) {
    return fail(AmdError::kTcbMismatch, "the key was made for other firmware than REPORTED_TCB");
  }
  VerifiedReport out(std::move(report));
  out.product_ = endorsement.product();
  out.reported_tcb_ = reported;
  out.root_ = endorsement.root();
  out.valid_until_ = endorsement.valid_until();
  out.chip_id_ = std::move(chip_id);
  return out;
}

std::vector<Error> guest_problems(const VerifiedReport& report, const GuestPolicy& policy) {
  std::vector<Error> out;
  const auto refuse_if = [&](bool is_bad, const char* why) {
    if (is_bad) out.emplace_back(AmdError::kGuestPolicy, why);
  };
  const ReportBody& body = report.body();
  if (const Status product = check_product(report, policy); !product) {
    out.push_back(product.error());
  }
  refuse_if((body.policy & kPolicyDebug) != 0, "the guest may be debugged");
  refuse_if((body.policy & kPolicyMigrateMa) != 0, "the guest may be migrated");
  refuse_if((body.policy & kPolicyMustBeOne) == 0 || (body.policy & ~kPolicyKnown) != 0,
            "the guest's policy has an unknown bit");
  refuse_if(body.vmpl != 0, "the report was not asked for at VMPL 0");
  refuse_if(report.product() == Product::kGenoa &&
                (body.platform_info & kPlatformAliasCheckComplete) == 0,
            "the memory was not checked for aliases");
  refuse_if(report.chip_id().empty(), "nothing names the chip");
  return out;
}

Status check_guest(const VerifiedReport& report, const GuestPolicy& policy) {
  std::vector<Error> problems = guest_problems(report, policy);
  if (problems.empty()) return {};
  return std::unexpected(std::move(problems.front()));
}

}  // namespace cocoon::attest::amd
