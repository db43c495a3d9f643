#include "registry/contract_snapshot.h"

#include <algorithm>
#include <set>

#include "attest/policy_limits.h"
#include "crypto/hash.h"

namespace cocoon::registry {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kBlockIntervalMax = 1'000'000;
constexpr std::size_t kProxyNameBytes = 8;

std::unexpected<Error> mismatched_key() {
  return fail(RegistryError::kBadEntry, "the key is not that of what it stands for");
}

// Images and terms are found by their representation hash.
Status check_cell_key(const EntryKey& key, const ton::CellRef& cell) {
  if (cell->hash().bytes() != key.bytes()) return mismatched_key();
  return {};
}

class Reader {
 public:
  Reader(const ContractState& state, NetworkId network) : state_(state) {
    out_.snapshot.network = network;
    out_.snapshot.policy.network = network;
  }

  [[nodiscard]] Result<Reading> read() {
    TRY_VOID(read_parameters());
    each(ListKind::kImages, &Reader::add_image);
    each(ListKind::kModels, &Reader::add_model);
    drop_ambiguous_models();
    each(ListKind::kRoots, &Reader::add_root);
    each(ListKind::kTerms, &Reader::add_term);
    add_bans();
    add_proxies();
    TRY_VOID(check_lengths());
    return std::move(out_);
  }

 private:
  [[nodiscard]] attest::Policy& policy() { return out_.snapshot.policy; }

  void refuse(std::string_view list, std::string key, const Error& why) {
    out_.refused.push_back({std::string(list), std::move(key), why.message()});
  }

  void each(ListKind kind, Status (Reader::*add)(const EntryKey&, const ton::CellRef&)) {
    for (const auto& [key, cell] : state_.list(kind)) {
      if (const Status added = (this->*add)(key, cell); !added)
        refuse(name_of(kind), key.hex(), added.error());
    }
  }

  [[nodiscard]] Status read_parameters() {
    const ContractParameters& from = state_.parameters;
    Parameters& to = out_.snapshot.parameters;
    for (const std::uint32_t seconds : {from.key_epoch, from.key_grace, from.statement_age_max}) {
      if (seconds < 1 || std::chrono::seconds(seconds) > 30 * 24h)
        return fail(RegistryError::kBadTerms, "a life of keys or statements not from 1 s to 30 d");
    }
    if (from.statement_block_interval < 1 || from.statement_block_interval > kBlockIntervalMax)
      return fail(RegistryError::kBadTerms, "an interval of blocks not from 1 to 1,000,000");
    to.key_epoch = std::chrono::seconds(from.key_epoch);
    to.key_grace = std::chrono::seconds(from.key_grace);
    to.statement_block_interval = from.statement_block_interval;
    to.price_floor = from.price_floor;
    policy().statement_age_max = std::chrono::seconds(from.statement_age_max);
    policy().evaluation_number_min = from.evaluation_number_min;
    return {};
  }

  [[nodiscard]] Status add_image(const EntryKey& key, const ton::CellRef& cell) {
    TRY_VOID(check_cell_key(key, cell));
    TRY(ImageEntry image, read_image(cell));
    if (auto* const guest = std::get_if<attest::SnpImage>(&image)) {
      policy().snp_images.push_back(std::move(*guest));
    } else {
      policy().images.push_back(std::get<attest::Image>(std::move(image)));
    }
    return {};
  }

  [[nodiscard]] Status add_model(const EntryKey& key, const ton::CellRef& cell) {
    TRY(std::string name, read_model_name(cell));
    out_.snapshot.models.push_back({.name = std::move(name), .hash = ModelHash(key.bytes())});
    return {};
  }

  // Clients ask by name: one that two models have names neither.
  void drop_ambiguous_models() {
    std::map<std::string, std::size_t> count;
    for (const Model& model : out_.snapshot.models) ++count[model.name];
    std::erase_if(out_.snapshot.models, [&](const Model& model) {
      if (count[model.name] == 1) return false;
      refuse("models", model.hash.hex(), Error(RegistryError::kBadEntry, "two have this name"));
      return true;
    });
  }

  [[nodiscard]] Status add_root(const EntryKey& key, const ton::CellRef& cell) {
    TRY(const RootEntry root, read_root(cell));
    switch (root.vendor) {
      case Vendor::kIntel:
        policy().roots.emplace_back(key.bytes());
        break;
      case Vendor::kAmd:
        policy().snp.roots.push_back(key.bytes());
        break;
      case Vendor::kNvidia:
        policy().gpus.roots.push_back(key.bytes());
        break;
    }
    return {};
  }

  void add(attest::StatusException exception) {
    policy().exceptions.push_back(std::move(exception));
  }
  void add(const attest::TrustedBlock& block) { policy().trusted_blocks.push_back(block); }
  void add(const GoldenKey& golden) { policy().gpus.golden_keys.push_back(golden.key); }
  void add(GpuDriver driver) { policy().gpus.driver_versions.push_back(std::move(driver.version)); }
  void add(GpuVbios vbios) { policy().gpus.vbios_versions.push_back(std::move(vbios.version)); }
  // Of several floors each part counts where it is highest, so that a higher one counts at once.
  void add(const SnpFloor& floor) {
    auto& guests = policy().snp.guests;
    auto& known =
        floor.product == attest::amd::Product::kTurin ? guests.turin_tcb_min : guests.genoa_tcb_min;
    if (!known) {
      known = floor.tcb_min;
      return;
    }
    for (const auto part : {&attest::amd::TcbVersion::fmc, &attest::amd::TcbVersion::bootloader,
                            &attest::amd::TcbVersion::tee, &attest::amd::TcbVersion::snp,
                            &attest::amd::TcbVersion::microcode})
      (*known).*part = std::max((*known).*part, floor.tcb_min.*part);
  }

  [[nodiscard]] Status add_term(const EntryKey& key, const ton::CellRef& cell) {
    TRY_VOID(check_cell_key(key, cell));
    TRY(Term term, read_term(cell));
    std::visit([this](auto&& known) { add(std::forward<decltype(known)>(known)); },
               std::move(term));
    return {};
  }

  void add_bans() {
    std::set<Bytes> banned;
    for (const auto& [key, cell] : state_.platform_bans) {
      auto id = read_platform(cell);
      if (!id) {
        refuse("platform_bans", key.hex(), id.error());
        continue;
      }
      if (crypto::sha256(*id) != key.bytes())
        refuse("platform_bans", key.hex(), mismatched_key().error());
      banned.insert(*std::move(id));
    }
    policy().banned_platforms.assign(banned.begin(), banned.end());
  }

  void add_proxies() {
    for (const auto& [key, proxy] : state_.proxies) {
      auto details = read_proxy_details(proxy.details);
      if (!details) {
        refuse("proxies", key.hex(), details.error());
        continue;
      }
      ProxyEndpoint& first = details->endpoints.front();
      out_.snapshot.proxies.push_back({.name = to_hex(key.view().first(kProxyNameBytes)),
                                       .key = key,
                                       .host = std::move(first.host),
                                       .port = first.port});
    }
  }

  [[nodiscard]] Status check_lengths() {
    const attest::Policy& all = policy();
    const struct {
      std::size_t length;
      std::size_t max;
    } lists[] = {
        {all.images.size(), attest::kPolicyImagesMax},
        {all.snp_images.size(), attest::kPolicyImagesMax},
        {all.roots.size(), attest::kPolicyRootsMax},
        {all.snp.roots.size(), attest::kPolicyRootsMax},
        {all.gpus.roots.size(), attest::kPolicyRootsMax},
        {all.exceptions.size(), attest::kPolicyExceptionsMax},
        {all.trusted_blocks.size(), attest::kPolicyTrustedBlocksMax},
        {all.gpus.golden_keys.size(), attest::kPolicyGoldenKeysMax},
        {all.gpus.driver_versions.size(), attest::kPolicyGpuVersionsMax},
        {all.gpus.vbios_versions.size(), attest::kPolicyGpuVersionsMax},
    };
    for (const auto& list : lists) {
      if (list.length > list.max)
        return fail(RegistryError::kBadTerms, "a list longer than a policy may have");
    }
    return {};
  }

  const ContractState& state_;
  Reading out_;
};

}  // namespace

Result<Reading> read_snapshot(const ContractState& state, NetworkId network) {
  return Reader(state, network).read();
}

}  // namespace cocoon::registry
