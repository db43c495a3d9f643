#include "tdxsim/collateral.h"

#include "attest/intel/collateral.h"
#include "codec/rfc3339.h"
#include "tdxsim/sgx_extension.h"

namespace cocoon::tdxsim {
namespace {

constexpr std::string_view kTcbDate = "2025-05-14T00:00:00Z";
constexpr std::string_view kOldTcbDate = "2024-03-13T00:00:00Z";

struct Window {
  std::string issued_at;
  std::string next_update;
};

UnixSeconds later(UnixSeconds now, std::int64_t by) {
  return UnixSeconds(static_cast<std::uint32_t>(std::int64_t{now.value()} + by));
}

std::string components(std::initializer_list<int> first) {
  std::string out = "[";
  const int* at = first.begin();
  for (int i = 0; i < 16; ++i) {
    out += std::string(i == 0 ? "" : ",") +
           "{\"svn\":" + std::to_string(at == first.end() ? 0 : *at++) + "}";
  }
  return out + "]";
}

std::string level(const std::string& tcb, std::string_view date, const std::string& status) {
  return "{\"tcb\":{" + tcb + "},\"tcbDate\":\"" + std::string(date) + "\",\"tcbStatus\":\"" +
         status + "\"" + (status == "UpToDate" ? "" : ",\"advisoryIDs\":[\"DEV-SA-00001\"]") + "}";
}

std::string head(const std::string& id, int version, const Window& window,
                 const CollateralOptions& options) {
  return "{\"id\":\"" + id + "\",\"version\":" + std::to_string(version) + ",\"issueDate\":\"" +
         window.issued_at + "\",\"nextUpdate\":\"" + window.next_update +
         "\",\"tcbEvaluationDataNumber\":" + std::to_string(options.evaluation_number);
}

std::string tcb_info_text(const Window& window, const CollateralOptions& options) {
  const std::string signer = "\"mrsigner\":\"" + std::string(96, '0') + "\",\"attributes\":\"" +
                             std::string(16, '0') + "\",\"attributesMask\":\"" +
                             std::string(16, 'F') + "\"";
  const auto platform = [](const std::string& sgx, int pce, const std::string& tdx) {
    return "\"sgxtcbcomponents\":" + sgx + ",\"pcesvn\":" + std::to_string(pce) +
           ",\"tdxtcbcomponents\":" + tdx;
  };
  return head("TDX", 3, window, options) + ",\"fmspc\":\"" + to_hex(kFmspc) +
         "\",\"pceId\":\"0000\",\"tcbType\":0,\"tdxModule\":{" + signer +
         "},\"tdxModuleIdentities\":[{\"id\":\"TDX_01\"," + signer + ",\"tcbLevels\":[" +
         level("\"isvsvn\":5", kTcbDate, "UpToDate") + "," +
         level("\"isvsvn\":3", kOldTcbDate, "OutOfDate") + "]}],\"tcbLevels\":[" +
         level(platform(components({3, 3, 2, 2, 3, 1, 0, 5}), 13, components({5, 0, 2})), kTcbDate,
               "UpToDate") +
         "," +
         level(platform(components({2, 2, 2, 2, 2, 1, 0, 3}), 11, components({3, 0, 1})),
               kOldTcbDate, "OutOfDate") +
         "]}";
}

std::string qe_identity_text(const Window& window, const CollateralOptions& options) {
  return head("TD_QE", 2, window, options) +
         ",\"miscselect\":\"00000000\",\"miscselectMask\":\"FFFFFFFF\",\"attributes\":\"11" +
         std::string(30, '0') + "\",\"attributesMask\":\"FBFFFFFFFFFFFFFF" + std::string(16, '0') +
         "\",\"mrsigner\":\"" + to_hex(qe_mr_signer()) + "\",\"isvprodid\":2,\"tcbLevels\":[" +
         level("\"isvsvn\":4", kTcbDate, "UpToDate") + "," +
         level("\"isvsvn\":2", kOldTcbDate, "OutOfDate") + "]}";
}

void edit(std::string& text, const CollateralOptions& options) {
  for (const auto& [from, to] : options.edits) {
    if (const std::size_t at = text.find(from); at != std::string::npos) {
      text.replace(at, from.size(), to);
    }
  }
}

// Every list is valid as long as its certificates are.
Result<Bytes> list_of(const crypto::Certificate& issuer, const crypto::P256KeyPair& key,
                      std::vector<crypto::Certificate> revoked) {
  return crypto::issue_revocation_list(
      {.validity = {.first = issuer.not_before(), .last = issuer.not_after()},
       .revoked = std::move(revoked)},
      issuer, key);
}

}  // namespace

crypto::Sha256Digest qe_mr_signer() {
  return crypto::sha256(label("cocoon/1 tdx-sim qe mrsigner"));
}

Result<std::string> make_collateral(const CollateralSigners& signers, UnixSeconds now,
                                    const CollateralOptions& options) {
  using Revoked = CollateralOptions::Revoked;
  const Window window{.issued_at = codec::write_rfc3339(later(now, options.issued_after)),
                      .next_update = codec::write_rfc3339(later(now, options.valid_for))};
  attest::intel::UnverifiedCollateral out;
  out.tcb_info = tcb_info_text(window, options);
  out.qe_identity = qe_identity_text(window, options);
  edit(out.tcb_info, options);
  edit(out.qe_identity, options);
  TRY(out.tcb_info_signature, signers.signer_key.sign(as_bytes(out.tcb_info)));
  TRY(out.qe_identity_signature, signers.signer_key.sign(as_bytes(out.qe_identity)));
  const std::string root = to_pem(signers.root);
  out.tcb_info_issuer_chain = out.qe_identity_issuer_chain = to_pem(signers.signer) + root;
  out.pck_crl_issuer_chain = to_pem(signers.ca) + root;
  std::vector<crypto::Certificate> by_root;
  std::vector<crypto::Certificate> by_ca;
  switch (options.revoked) {
    case Revoked::kNothing:
      break;
    case Revoked::kPck:
      by_ca.push_back(signers.pck);
      break;
    case Revoked::kPckIssuer:
      by_root.push_back(signers.ca);
      break;
    case Revoked::kTcbSigner:
      by_root.push_back(signers.signer);
      break;
  }
  TRY(out.root_ca_crl, list_of(signers.root, signers.root_key, std::move(by_root)));
  TRY(out.pck_crl, list_of(signers.ca, signers.ca_key, std::move(by_ca)));
  return out.to_json();
}

}  // namespace cocoon::tdxsim
