#include "tee/tsm_quote_source.h"

#include "attest/amd/evidence.h"

namespace cocoon::tee {
namespace {

constexpr std::size_t kQuoteBytesMax = 64 * 1024;
// The names that Linux's drivers give themselves.
constexpr const char* kTdxGuest = "tdx_guest";
constexpr const char* kSevGuest = "sev_guest";

// The report and the host's certificates as one piece.
Result<Bytes> snp_evidence(Bytes report, const std::optional<Bytes>& certificate_table) {
  const auto none = fail(TeeError::kNoCertificate,
                         "the host gives the guest no certificate of the key that signs reports");
  if (!certificate_table || certificate_table->empty()) return none;
  auto certificates = attest::amd::parse_certificate_table(*certificate_table);
  if (!certificates.has_value()) {
    return fail(TeeError::kNoCertificate, certificates.error().message());
  }
  if (certificates->empty()) return none;
  const attest::amd::SnpEvidence evidence{.report = std::move(report),
                                          .certificates_der = *std::move(certificates)};
  return evidence.encode();
}

}  // namespace

ports::Task<Result<Bytes>> TsmQuoteSource::quote(ByteArray<64> report_data) {
  CO_TRY(TsmAnswer answer, co_await entries_.ask({.inblob = to_bytes(report_data),
                                                  .outblob_bytes_max = kQuoteBytesMax,
                                                  .providers = {kTdxGuest, kSevGuest},
                                                  .auxblob_of = kSevGuest}));
  if (answer.provider == kSevGuest) {
    co_return snp_evidence(std::move(answer.outblob), answer.auxblob);
  }
  co_return std::move(answer.outblob);
}

}  // namespace cocoon::tee
