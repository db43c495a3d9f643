#include "attest/verdict.h"

#include <algorithm>

#include "attest/checks.h"
#include "attest/reason.h"
#include "codec/cbor.h"

namespace cocoon::attest {
namespace {

using codec::Cbor;
using codec::Json;

constexpr std::uint64_t kRecordVersion = 1;

enum Key : std::uint64_t {
  kKeyVersion = 1,
  kKeyOutcome = 2,
  kKeyTcbStatus = 3,
  kKeyReasons = 4,
  kKeyAdvisories = 5,
  kKeyQuote = 6,
  kKeyCollateral = 7,
  kKeyTime = 8,
  kKeyPolicy = 9,
};

// Whether the bytes at least begin like a quote: its version, or Intel's name in its place.
bool begins_like_a_quote(BytesView bytes) {
  constexpr std::size_t kHeaderSize = 48;
  if (bytes.size() < kHeaderSize) return false;
  const bool is_versioned =
      bytes[1] == std::byte{0} && bytes[0] >= std::byte{3} && bytes[0] <= std::byte{5};
  return is_versioned || equal(bytes.subspan(12, 16), intel::kQeVendorIntel);
}

std::string mismatch_name(const std::vector<Error>& problems) {
  using intel::IntelError;
  for (const Error& problem : problems) {
    if (problem.is(IntelError::kPlatformMismatch)) return "FmspcMismatch";
    if (problem.is(IntelError::kModuleMismatch)) return "TdxModuleMismatch";
    if (problem.is(IntelError::kQeIdentityMismatch)) return "QeIdentityMismatch";
  }
  return "TcbInfoMismatch";
}

Result<std::vector<RootFingerprint>> roots_of(const Policy* policy) {
  if (policy != nullptr) return usable_roots(*policy);
  return std::vector{intel::intel_sgx_root()};
}

// Fills in everything but the outcome.
void judge_signed(intel::UnverifiedQuote quote, const intel::UnverifiedCollateral& collateral,
                  const Policy* policy, Verdict& out) {
  const auto refuse = [&](const Error& why) { out.reasons.push_back(why); };
  if (policy != nullptr) {
    if (const Status complete = check_complete(*policy); !complete) refuse(complete.error());
  }
  const auto roots = roots_of(policy);
  if (!roots) return refuse(roots.error());
  crypto::CertificateMemo memo;
  const auto verified = intel::QuoteVerifier().verify(std::move(quote), *roots, memo);
  if (!verified) refuse(verified.error());
  const auto trusted = intel::verify_collateral(collateral, *roots, memo);
  if (!trusted) {
    refuse(trusted.error());
    if (trusted.error().is(intel::IntelError::kCollateralMismatch)) {
      out.tcb_status = mismatch_name({});
    }
  }
  if (!verified) return;
  if (trusted) {
    intel::TcbJudgement tcb = intel::judge_tcb(*verified, *trusted, out.at);
    out.tcb_status =
        tcb.status ? std::string(intel::name_of(*tcb.status)) : mismatch_name(tcb.problems);
    out.advisories = tcb.advisories;
    std::ranges::move(platform_problems(tcb, *verified, *trusted, out.at, policy),
                      std::back_inserter(out.reasons));
  }
  std::ranges::move(td_problems(verified->body()), std::back_inserter(out.reasons));
  if (policy == nullptr) return;
  if (const Status unused = check_rtmr3(verified->body()); !unused) refuse(unused.error());
  if (const auto image = match_image(verified->body(), *policy); !image) refuse(image.error());
}

Json hex(BytesView bytes) { return Json::string(to_hex(bytes)); }

}  // namespace

Bytes Verdict::encode() const {
  const auto key = [](Key number) { return Cbor::unsigned_integer(number); };
  Cbor::Array reason_texts;
  for (const Error& reason : reasons) reason_texts.push_back(Cbor::text(reason_text(reason)));
  Cbor::Array advisory_texts;
  for (const std::string& advisory : advisories) advisory_texts.push_back(Cbor::text(advisory));
  return codec::encode_cbor(Cbor::map({
      {key(kKeyVersion), Cbor::unsigned_integer(kRecordVersion)},
      {key(kKeyOutcome), Cbor::unsigned_integer(static_cast<std::uint64_t>(outcome))},
      {key(kKeyTcbStatus), Cbor::text(tcb_status)},
      {key(kKeyReasons), Cbor::array(std::move(reason_texts))},
      {key(kKeyAdvisories), Cbor::array(std::move(advisory_texts))},
      {key(kKeyQuote), Cbor::bytes(quote_digest)},
      {key(kKeyCollateral), Cbor::bytes(collateral_digest)},
      {key(kKeyTime), Cbor::unsigned_integer(at.value())},
      {key(kKeyPolicy), Cbor::bytes(policy ? policy->view() : BytesView())},
  }));
}

Json QuoteVerdict::to_json() const {
  const bool is_accepted = record.outcome == Verdict::Outcome::kAccept;
  Json::Array reasons;
  for (const Error& reason : record.reasons) reasons.push_back(Json::string(reason_text(reason)));
  Json::Array advisories;
  for (const std::string& advisory : record.advisories) {
    advisories.push_back(Json::string(advisory));
  }
  Json out = Json::object();
  out.set("verdict", Json::string(is_accepted ? "accept" : "reject"));
  out.set("tcb_status", record.tcb_status.empty() ? Json::null() : Json::string(record.tcb_status));
  out.set("reasons", Json::array(std::move(reasons)));
  out.set("advisories", Json::array(std::move(advisories)));
  Json::Array rtmr;
  if (quote) {
    for (const crypto::Sha384Digest& digest : quote->body().rtmr) rtmr.push_back(hex(digest));
  }
  const auto fmspc = quote ? intel::fmspc_of(*quote) : std::nullopt;
  out.set("quote_version", quote ? Json::number(std::uint64_t{quote->version()}) : Json::null());
  out.set("fmspc", fmspc ? hex(*fmspc) : Json::null());
  out.set("mrtd", quote ? hex(quote->body().mrtd) : Json::null());
  out.set("rtmr", Json::array(std::move(rtmr)));
  out.set("report_data", quote ? hex(quote->body().report_data) : Json::null());
  out.set("td_attributes", quote ? hex(quote->body().td_attribute_bytes()) : Json::null());
  out.set("quote_digest", hex(record.quote_digest));
  out.set("collateral_digest", hex(record.collateral_digest));
  out.set("at", Json::number(std::uint64_t{record.at.value()}));
  out.set("policy_hash", record.policy ? hex(record.policy->view()) : Json::null());
  return out;
}

Result<QuoteVerdict> judge_quote(BytesView quote, BytesView collateral, UnixSeconds at,
                                 const Policy* policy) {
  if (!begins_like_a_quote(quote)) return fail(AttestError::kMalformed, "not a quote");
  TRY(const intel::UnverifiedCollateral parts, intel::UnverifiedCollateral::parse(collateral));
  QuoteVerdict out;
  out.record.at = at;
  out.record.collateral_digest = crypto::sha256(collateral);
  if (policy != nullptr) out.record.policy = policy->hash();
  auto parsed = intel::UnverifiedQuote::parse(quote);
  if (!parsed) {
    out.record.quote_digest = crypto::sha256(quote);
    out.record.reasons.push_back(parsed.error());
    return out;
  }
  out.quote = *parsed;
  out.record.quote_digest = crypto::sha256(parsed->canonical());
  judge_signed(std::move(*parsed), parts, policy, out.record);
  if (out.record.reasons.empty()) out.record.outcome = Verdict::Outcome::kAccept;
  return out;
}

}  // namespace cocoon::attest
