#include "attest/inspect.h"

#include "attest/intel/pck.h"
#include "attest/intel/quote.h"
#include "attest/intel/quote_verify.h"
#include "attest/malformed.h"

namespace cocoon::attest {
namespace {

using codec::Json;

Json hex(BytesView bytes) { return Json::string(to_hex(bytes)); }

std::string_view kind_name(intel::TdBody::Kind kind) {
  switch (kind) {
    case intel::TdBody::Kind::kTd10:
      return "TD 1.0";
    case intel::TdBody::Kind::kTd15:
      return "TD 1.5";
    case intel::TdBody::Kind::kTd15Extended:
      return "TD 1.5 extended";
  }
  return "unknown";
}

void describe_body(const intel::TdBody& body, Json& out) {
  out.set("body", Json::string(kind_name(body.kind)));
  out.set("td_attributes", hex(body.td_attribute_bytes()));
  out.set("debug", Json::boolean((body.td_attributes & 1U) != 0));
  out.set("xfam", hex(body.xfam));
  out.set("mrtd", hex(body.mrtd));
  Json::Array rtmr;
  for (const crypto::Sha384Digest& digest : body.rtmr) rtmr.push_back(hex(digest));
  out.set("rtmr", Json::array(std::move(rtmr)));
  out.set("report_data", hex(body.report_data));
  out.set("tee_tcb_svn", hex(body.tee_tcb_svn));
  out.set("mr_seam", hex(body.mr_seam));
  out.set("mr_signer_seam", hex(body.mr_signer_seam));
  out.set("seam_attributes", hex(body.seam_attributes));
  out.set("mr_config_id", hex(body.mr_config_id));
  out.set("mr_owner", hex(body.mr_owner));
  out.set("mr_owner_config", hex(body.mr_owner_config));
  if (body.td15) {
    out.set("tee_tcb_svn2", hex(body.td15->tee_tcb_svn2));
    out.set("mr_service_td", hex(body.td15->mr_service_td));
  }
}

Json describe_qe(const intel::QeReport& report) {
  return Json::object({
      {"mr_enclave", hex(report.mr_enclave)},
      {"mr_signer", hex(report.mr_signer)},
      {"isv_prod_id", Json::number(std::uint64_t{report.isv_prod_id})},
      {"isv_svn", Json::number(std::uint64_t{report.isv_svn})},
      {"cpu_svn", hex(report.cpu_svn)},
      {"misc_select", Json::number(std::uint64_t{report.misc_select})},
      {"attributes", hex(report.attributes)},
  });
}

Json describe_certificate(const crypto::Certificate& certificate) {
  return Json::object({
      {"subject", Json::string(certificate.subject_common_name())},
      {"issuer", Json::string(certificate.issuer_common_name())},
      {"not_before", Json::number(std::uint64_t{certificate.not_before().value()})},
      {"not_after", Json::number(std::uint64_t{certificate.not_after().value()})},
      {"sha256", hex(crypto::sha256(certificate.der()))},
  });
}

Result<Json> describe_quote(BytesView bytes) {
  TRY(const intel::UnverifiedQuote quote, intel::UnverifiedQuote::parse(bytes));
  TRY(const auto chain,
      or_malformed(crypto::Certificate::from_pem_chain(as_text(quote.certificates()), 8),
                   "PCK chain"));
  Json out = Json::object();
  out.set("quote_version", Json::number(std::uint64_t{quote.version()}));
  out.set("bytes", Json::number(std::uint64_t{quote.canonical().size()}));
  out.set("bytes_dropped", Json::number(std::uint64_t{bytes.size() - quote.canonical().size()}));
  describe_body(quote.body(), out);
  out.set("qe", describe_qe(quote.qe_report()));
  if (!chain.empty()) {
    if (const auto pck = intel::read_pck_info(chain.front()); pck.has_value()) {
      out.set("fmspc", hex(pck->fmspc));
      out.set("ppid", hex(pck->ppid));
      out.set("pce_id", hex(pck->pce_id));
    }
    const auto root = chain.back().fingerprint();
    out.set("root", hex(root.view()));
    out.set("root_is_intel", Json::boolean(root == intel::intel_sgx_root()));
  }
  Json::Array certificates;
  for (const crypto::Certificate& certificate : chain) {
    certificates.push_back(describe_certificate(certificate));
  }
  out.set("certificates", Json::array(std::move(certificates)));
  return out;
}

std::string_view role_name(Role role) {
  switch (role) {
    case Role::kWorker:
      return "worker";
    case Role::kProxy:
      return "proxy";
    case Role::kClient:
      return "client";
    case Role::kOwner:
      return "owner";
  }
  return "unknown";
}

Json describe_statement(const Statement& statement) {
  return Json::object({
      {"network", Json::number(std::int64_t{statement.network.value()})},
      {"role", Json::string(role_name(statement.role))},
      {"identity_key", hex(statement.identity_key.view())},
      {"hpke_suite", Json::number(std::uint64_t{statement.hpke_suite})},
      {"hpke_key", hex(statement.hpke_key.view())},
      {"key_epoch", Json::number(std::uint64_t{statement.key_epoch})},
      {"boot_id", hex(statement.boot_id.view())},
      {"owner_address", Json::string(statement.owner_address)},
      {"slot_id", hex(statement.slot_id.view())},
      {"model", Json::string(statement.model_name)},
      {"model_hash", hex(statement.model_hash.view())},
      {"config_hash", hex(statement.config_hash.view())},
      {"gpu_evidence_digest", hex(statement.gpu_evidence_digest)},
      {"block_seqno", Json::number(std::uint64_t{statement.block_seqno.value()})},
      {"block_root_hash", hex(statement.block_root_hash.view())},
  });
}

Result<Json> describe_bundle(BytesView bytes) {
  TRY(const EvidenceBundle bundle, EvidenceBundle::decode(bytes));
  TRY(const Statement statement, Statement::decode(bundle.statement));
  TRY(const intel::UnverifiedQuote quote, intel::UnverifiedQuote::parse(bundle.quote));
  TRY(Json quote_json, describe_quote(bundle.quote));
  const bool binds = quote.body().report_data == report_data_for(bundle.statement);
  const bool config = ConfigHash(crypto::sha256(bundle.configuration)) == statement.config_hash;
  Json out = Json::object();
  out.set("kind", Json::string("evidence"));
  out.set("verified", Json::boolean(false));
  out.set("kid", hex(kid_for(bundle.statement).view()));
  out.set("statement", describe_statement(statement));
  out.set("quote_names_statement", Json::boolean(binds));
  out.set("statement_names_configuration", Json::boolean(config));
  out.set("configuration_bytes", Json::number(std::uint64_t{bundle.configuration.size()}));
  out.set("gpu_evidence_bytes", Json::number(std::uint64_t{bundle.gpu_evidence.size()}));
  out.set("event_log_bytes", Json::number(std::uint64_t{bundle.event_log.size()}));
  out.set("quote", std::move(quote_json));
  return out;
}

// A quote begins with its version, little-endian; a bundle with a CBOR map's head.
bool looks_like_bundle(BytesView bytes) {
  return !bytes.empty() && (std::to_integer<unsigned>(bytes[0]) >> 5U) == 5;
}

}  // namespace

Result<Json> inspect_quote_json(BytesView quote_or_bundle) {
  if (looks_like_bundle(quote_or_bundle)) return describe_bundle(quote_or_bundle);
  TRY(Json described, describe_quote(quote_or_bundle));
  Json out = Json::object();
  out.set("kind", Json::string("quote"));
  out.set("verified", Json::boolean(false));
  for (auto& [name, value] : *described.as_object()) out.set(name, std::move(value));
  return out;
}

}  // namespace cocoon::attest
