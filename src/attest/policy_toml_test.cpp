#include "attest/policy_toml.h"

#include <doctest/doctest.h>

#include "attest/intel/recorded_test.h"

using namespace cocoon;
using namespace cocoon::attest;

TEST_CASE("a policy is read from its document") {
  const std::string root(64, 'a');
  const std::string toml = "network = -239\n[attestation]\nroots = [\"" + root +
                           "\"]\nevaluation_number_min = 17\nbanned_platforms = [\"" +
                           std::string(32, 'b') +
                           "\"]\n[[attestation.exceptions]]\nstatus = \"OutOfDate\"\nadvisories = "
                           "[\"INTEL-SA-00960\"]\nuntil = \"2026-12-31T00:00:00Z\"\n"
                           "[attestation.gpu]\nroots = [\"" +
                           root + "\"]\ngolden_keys = [\"" + root +
                           "\"]\ndriver_versions = [\"550.90.07\"]\n"
                           "vbios_versions = [\"96.00.5E.00.01\"]\n";
  const auto policy = parse_policy_toml(as_bytes(toml));
  if (!policy) MESSAGE(policy.error().message());
  REQUIRE(policy.has_value());
  CHECK_EQ(policy->network, NetworkId(-239));
  CHECK_EQ(policy->roots.size(), 1);
  CHECK_EQ(policy->evaluation_number_min, 17);
  CHECK(policy->bans(from_hex(std::string(32, 'b')).value()));
  CHECK_FALSE(policy->bans(from_hex(std::string(32, 'c')).value()));
  CHECK(policy->tolerated_until(intel::TcbStatus::kOutOfDate, {"INTEL-SA-00960"},
                                UnixSeconds(1'798'675'200)));
  CHECK_EQ(policy->gpus.roots.size(), 1);
  CHECK_EQ(policy->gpus.golden_keys.size(), 1);
  CHECK_EQ(policy->gpus.driver_versions, std::vector<std::string>{"550.90.07"});
  CHECK_EQ(policy->gpus.vbios_versions, std::vector<std::string>{"96.00.5E.00.01"});
  const std::string again = "network = -239\n[attestation]\n" + write_platform_terms(*policy);
  CHECK_EQ(parse_policy_toml(as_bytes(again))->hash(), policy->hash());
}

TEST_CASE("a policy outside its schema is refused") {
  const auto refused = [](const std::string& terms) {
    const std::string toml = "network = -239\n[attestation]\nroots = []\n" + terms;
    return !parse_policy_toml(as_bytes(toml)).has_value();
  };
  CHECK_FALSE(refused(""));
  CHECK(refused("allow_everything = true\n"));
  CHECK(refused("banned_platforms = [\"abc\"]\n"));
  CHECK(refused("evaluation_number_min = -1\n"));
  const auto exception = [](const std::string& status, const std::string& until) {
    return "[[attestation.exceptions]]\nstatus = \"" + status + "\"\nadvisories = []\nuntil = \"" +
           until + "\"\n";
  };
  CHECK_FALSE(refused(exception("SWHardeningNeeded", "2026-12-31T00:00:00Z")));
  CHECK(refused(exception("SWHardeningNeeded", "soon")));
  CHECK(refused(exception("Revoked", "2026-12-31T00:00:00Z")));
  CHECK(refused(exception("NotSupported", "2026-12-31T00:00:00Z")));
  CHECK(refused(exception("whatever", "2026-12-31T00:00:00Z")));
}
