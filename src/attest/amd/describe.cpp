#include "attest/amd/describe.h"

namespace cocoon::attest::amd {

codec::Json describe_report(const UnverifiedReport& report) {
  using codec::Json;
  const auto hex = [](BytesView bytes) { return Json::string(to_hex(bytes)); };
  const auto number = [](std::uint64_t value) { return Json::number(value); };
  const auto flag = [](std::uint64_t bits, unsigned index) {
    return Json::boolean(((bits >> index) & 1U) != 0);
  };
  const ReportBody& body = report.body();
  Json out = Json::object({
      {"report_version", number(body.version)},
      {"guest_svn", number(body.guest_svn)},
      {"policy", Json::object({
                     {"smt", flag(body.policy, 16)},
                     {"migrate_ma", flag(body.policy, 18)},
                     {"debug", flag(body.policy, 19)},
                     {"single_socket", flag(body.policy, 20)},
                 })},
      {"vmpl", number(body.vmpl)},
      {"signing_key", Json::string(name_of(report.key_kind()))},
      {"report_data", hex(body.report_data)},
      {"measurement", hex(body.measurement)},
      {"host_data", hex(body.host_data)},
      {"id_key_digest", hex(body.id_key_digest)},
      {"author_key_digest", hex(body.author_key_digest)},
      {"report_id", hex(body.report_id)},
      {"current_tcb", hex(body.current_tcb)},
      {"reported_tcb", hex(body.reported_tcb)},
      {"committed_tcb", hex(body.committed_tcb)},
      {"launch_tcb", hex(body.launch_tcb)},
      {"platform_info", number(body.platform_info)},
      {"chip_id", hex(body.chip_id)},
  });
  if (body.cpu_id) {
    out.set("cpu", Json::object({
                       {"family", number(body.cpu_id->family)},
                       {"model", number(body.cpu_id->model)},
                       {"stepping", number(body.cpu_id->stepping)},
                   }));
  }
  return out;
}

}  // namespace cocoon::attest::amd
