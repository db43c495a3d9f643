#include "apps/cocoon/registry_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "codec/rfc3339.h"
#include "registry/changes.h"
#include "registry/entries.h"

namespace cocoon::apps {
namespace {

using codec::Json;
using registry::ContractState;
using registry::ListKind;

Json number(std::uint64_t value) { return Json::number(value); }
Json text(std::string_view value) { return Json::string(std::string(value)); }
Json hex(BytesView value) { return Json::string(to_hex(value)); }
Json address(const std::optional<ton::Address>& value) {
  return value ? text(ton::raw_address(*value)) : Json::null();
}

template <class Items, class Describe>
Json list_of(const Items& items, Describe describe) {
  Json::Array out;
  for (const auto& item : items) out.push_back(describe(item));
  return Json::array(std::move(out));
}

void set_gpus(Json& shape, const attest::ShapeGpus& gpus) {
  if (gpus.count == 0) return;
  shape.set("gpus", number(gpus.count));
  shape.set("gpu_model", text(gpus.model));
}

Json json_of(const attest::Image& image) {
  return Json::object({{"kind", text("tdx")},
                       {"name", text(image.name)},
                       {"mrtd", hex(image.mrtd)},
                       {"rtmr1", hex(image.rtmr1)},
                       {"rtmr2", hex(image.rtmr2)},
                       {"shapes", list_of(image.shapes, [](const attest::MachineShape& shape) {
                          Json out = Json::object({{"name", text(shape.name)},
                                                   {"rtmr0", hex(shape.rtmr0)},
                                                   {"xfam", hex(shape.xfam)}});
                          set_gpus(out, shape.gpus);
                          return out;
                        })}});
}

Json json_of(const attest::SnpImage& image) {
  return Json::object({{"kind", text("snp")},
                       {"name", text(image.name)},
                       {"shapes", list_of(image.shapes, [](const attest::SnpShape& shape) {
                          Json out = Json::object({{"name", text(shape.name)},
                                                   {"measurement", hex(shape.measurement)}});
                          set_gpus(out, shape.gpus);
                          return out;
                        })}});
}

Json json_of(const attest::StatusException& exception) {
  return Json::object({{"kind", text("exception")},
                       {"status", text(attest::intel::name_of(exception.status))},
                       {"advisories", list_of(exception.advisories, text)},
                       {"until", number(exception.until.value())}});
}
Json json_of(const attest::TrustedBlock& block) {
  return Json::object({{"kind", text("trusted_block")},
                       {"seqno", number(block.seqno.value())},
                       {"root_hash", hex(block.root_hash.view())},
                       {"file_hash", hex(block.file_hash.view())}});
}
Json json_of(const registry::GoldenKey& golden) {
  return Json::object({{"kind", text("golden_key")}, {"golden_key", hex(golden.key.view())}});
}
Json json_of(const registry::GpuDriver& driver) {
  return Json::object({{"kind", text("gpu_driver")}, {"version", text(driver.version)}});
}
Json json_of(const registry::GpuVbios& vbios) {
  return Json::object({{"kind", text("gpu_vbios")}, {"version", text(vbios.version)}});
}
Json json_of(const registry::SnpFloor& floor) {
  const attest::amd::TcbVersion& tcb = floor.tcb_min;
  return Json::object({{"kind", text("snp_floor")},
                       {"product", text(attest::amd::name_of(floor.product))},
                       {"fmc", number(tcb.fmc)},
                       {"bootloader", number(tcb.bootloader)},
                       {"tee", number(tcb.tee)},
                       {"snp", number(tcb.snp)},
                       {"microcode", number(tcb.microcode)}});
}

template <class... Kinds>
Json json_of_any(const std::variant<Kinds...>& value) {
  return std::visit([](const auto& known) { return json_of(known); }, value);
}

// What an entry says, read as its list's; nothing if it cannot be read.
std::optional<Json> json_of_entry(ListKind kind, const ton::CellRef& cell) {
  switch (kind) {
    case ListKind::kImages: {
      const auto image = registry::read_image(cell);
      return image ? std::optional(json_of_any(*image)) : std::nullopt;
    }
    case ListKind::kModels: {
      const auto name = registry::read_model_name(cell);
      return name ? std::optional(Json::object({{"name", text(*name)}})) : std::nullopt;
    }
    case ListKind::kRoots: {
      const auto root = registry::read_root(cell);
      if (!root) return std::nullopt;
      return Json::object(
          {{"vendor", text(registry::name_of(root->vendor))}, {"name", text(root->name)}});
    }
    case ListKind::kTerms: {
      const auto term = registry::read_term(cell);
      return term ? std::optional(json_of_any(*term)) : std::nullopt;
    }
  }
  return std::nullopt;
}

bool is_refused(const registry::Reading& reading, std::string_view list, std::string_view key) {
  return std::ranges::any_of(reading.refused, [&](const registry::RefusedEntry& entry) {
    return entry.list == list && entry.key == key;
  });
}

// The entries of a list that count, each with its key.
Json json_of_list(const chain::ProvenRegistry& registry, ListKind kind) {
  Json::Array out;
  for (const auto& [key, cell] : registry.state.list(kind)) {
    auto entry = json_of_entry(kind, cell);
    if (!entry || is_refused(registry.reading, registry::name_of(kind), key.hex())) continue;
    entry->set("key", text(key.hex()));
    out.push_back(*std::move(entry));
  }
  return Json::array(std::move(out));
}

Json json_of_parameters(const registry::ContractParameters& parameters) {
  return Json::object({{"key_epoch", number(parameters.key_epoch)},
                       {"key_grace", number(parameters.key_grace)},
                       {"statement_age_max", number(parameters.statement_age_max)},
                       {"statement_block_interval", number(parameters.statement_block_interval)},
                       {"evaluation_number_min", number(parameters.evaluation_number_min)},
                       {"anchor_interval", number(parameters.anchor_interval)},
                       {"addition_delay", number(parameters.addition_delay)},
                       {"unstake_delay", number(parameters.unstake_delay)},
                       {"price_floor_nano", number(parameters.price_floor.nano())},
                       {"stake_min_nano", number(parameters.stake_min.nano())}});
}

std::string text_of(const registry::ProxyEndpoint& endpoint) {
  const bool is_v6 = endpoint.host.contains(':');
  return fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), endpoint.host, endpoint.port);
}

Json json_of_proxies(const ContractState& state) {
  Json::Array out;
  for (const auto& [key, proxy] : state.proxies) {
    const auto details = registry::read_proxy_details(proxy.details);
    if (!details) continue;
    out.push_back(Json::object(
        {{"key", text(key.hex())},
         {"endpoints", list_of(details->endpoints,
                               [](const auto& endpoint) { return text(text_of(endpoint)); })},
         {"owner", address(proxy.owner)},
         {"stake_nano", number(proxy.stake.nano())},
         {"registered_at", number(proxy.registered_at.value())},
         {"log_key", text(details->log_key.hex())},
         {"anchor", address(details->anchor)}}));
  }
  return Json::array(std::move(out));
}

Json json_of_departed(const ContractState& state) {
  return list_of(state.departed, [](const auto& entry) {
    const registry::DepartedProxy& record = entry.second;
    const bool is_banned = record.standing == registry::DepartedProxy::Standing::kBanned;
    return Json::object({{"key", text(entry.first.hex())},
                         {"owner", address(record.owner)},
                         {"stake_nano", number(record.stake.nano())},
                         {"unlocks_at", number(record.unlocks_at.value())},
                         {"banned", Json::boolean(is_banned)}});
  });
}

struct DescribeChange {
  Json operator()(const registry::AddEntry& change) const {
    Json out = Json::object({{"change", text("add_entry")},
                             {"list", text(registry::name_of(change.kind))},
                             {"key", text(change.key.hex())}});
    auto entry = json_of_entry(change.kind, change.entry);
    out.set("entry", entry ? *std::move(entry) : Json::null());
    return out;
  }
  Json operator()(const registry::UnbanPlatform& change) const {
    return Json::object({{"change", text("unban_platform")}, {"key", text(change.key.hex())}});
  }
  Json operator()(const registry::UnbanProxy& change) const {
    return Json::object({{"change", text("unban_proxy")}, {"key", text(change.key.hex())}});
  }
  Json operator()(const registry::SetParameters& change) const {
    return Json::object({{"change", text("set_parameters")},
                         {"parameters", json_of_parameters(change.parameters)}});
  }
  Json operator()(const registry::SetOwner& change) const {
    return Json::object({{"change", text("set_owner")}, {"owner", address(change.owner)}});
  }
  Json operator()(const registry::SetGuardian& change) const {
    return Json::object({{"change", text("set_guardian")}, {"guardian", address(change.guardian)}});
  }
  Json operator()(const registry::SetFloor& change) const {
    return Json::object({{"change", text("set_floor")},
                         {"evaluation_number_min", number(change.evaluation_number_min)}});
  }
};

Json json_of_pending(const ContractState& state) {
  return list_of(state.pending, [](const auto& waiting) {
    const auto change = registry::read_change(waiting.second.change);
    Json out = change ? std::visit(DescribeChange(), *change)
                      : Json::object({{"change", text("unknown")}});
    out.set("id", number(waiting.first));
    out.set("applies_at", number(waiting.second.applies_at.value()));
    return out;
  });
}

Json json_of_refused(const registry::Reading& reading) {
  return list_of(reading.refused, [](const registry::RefusedEntry& entry) {
    return Json::object(
        {{"list", text(entry.list)}, {"key", text(entry.key)}, {"reason", text(entry.why)}});
  });
}

// A member as people read it: texts as they are, several joined by commas.
std::string words_of(const Json& object, std::string_view key) {
  const Json* const value = object.find(key);
  if (value == nullptr) return "";
  if (value->as_string() != nullptr) return *value->as_string();
  if (value->as_array() == nullptr) return codec::write_json(*value);
  std::string words;
  for (const Json& item : *value->as_array()) {
    words += (words.empty() ? "" : ", ") +
             (item.as_string() != nullptr ? *item.as_string() : codec::write_json(item));
  }
  return words;
}

void show_list(const Terminal& terminal, std::string_view title, const Json& list,
               std::string_view name, std::initializer_list<std::string_view> details) {
  terminal.headline(fmt::format("{} ({})", title, list.as_array()->size()));
  for (const Json& item : *list.as_array()) {
    std::string line;
    for (const std::string_view detail : details) {
      const std::string words = words_of(item, detail);
      if (!words.empty()) line += (line.empty() ? "" : "  ") + words;
    }
    terminal.fact(words_of(item, name), line);
  }
}

std::string time_left(std::int64_t seconds) {
  if (seconds <= 0) return "now";
  if (seconds < 120) return fmt::format("in {} s", seconds);
  if (seconds < 7200) return fmt::format("in {} min", seconds / 60);
  return fmt::format("in {} h", seconds / 3600);
}

void show_pending(const Terminal& terminal, const ContractState& state, UnixSeconds now) {
  terminal.headline(fmt::format("Waiting for their time ({})", state.pending.size()));
  const Json list = json_of_pending(state);
  for (const Json& item : *list.as_array()) {
    const auto at = item.find("applies_at")->as_unsigned().value_or(0);
    const std::int64_t left = static_cast<std::int64_t>(at) - now.value();
    std::string line = words_of(item, "change");
    for (const char* const key : {"list", "key", "entry", "owner", "guardian", "parameters"}) {
      const std::string words = words_of(item, key);
      if (!words.empty()) line += " " + words;
    }
    terminal.fact(words_of(item, "id"),
                  fmt::format("{}, may be applied {} ({})", line, time_left(left),
                              codec::write_rfc3339(UnixSeconds(static_cast<std::uint32_t>(at)))));
  }
}

}  // namespace

Json json_of(const chain::ProvenRegistry& registry) {
  const ContractState& state = registry.state;
  return Json::object(
      {{"owner", address(state.owner)},
       {"guardian", address(state.guardian)},
       {"policy_hash", text(registry.reading.snapshot.policy.hash().hex())},
       {"parameters", json_of_parameters(state.parameters)},
       {"models", json_of_list(registry, ListKind::kModels)},
       {"images", json_of_list(registry, ListKind::kImages)},
       {"roots", json_of_list(registry, ListKind::kRoots)},
       {"terms", json_of_list(registry, ListKind::kTerms)},
       {"banned_platforms", list_of(registry.reading.snapshot.policy.banned_platforms,
                                    [](const Bytes& id) { return hex(id); })},
       {"proxies", json_of_proxies(state)},
       {"departed", json_of_departed(state)},
       {"stakes_nano", number(state.stakes.nano())},
       {"pending", json_of_pending(state)},
       {"refused_entries", json_of_refused(registry.reading)}});
}

void show_registry(const chain::ProvenRegistry& registry, UnixSeconds now,
                   const Terminal& terminal) {
  const Json all = json_of(registry);
  terminal.fact("owner", words_of(all, "owner"));
  terminal.fact("guardian", words_of(all, "guardian"));
  terminal.fact("policy hash", words_of(all, "policy_hash"));
  show_list(terminal, "Models", *all.find("models"), "name", {"key"});
  show_list(terminal, "Images", *all.find("images"), "name", {"kind", "key"});
  show_list(terminal, "Roots", *all.find("roots"), "vendor", {"key", "name"});
  show_list(terminal, "Terms", *all.find("terms"), "kind",
            {"status", "advisories", "seqno", "version", "product", "golden_key"});
  show_list(terminal, "Proxies", *all.find("proxies"), "key", {"endpoints"});
  terminal.headline(
      fmt::format("Banned platforms ({})", all.find("banned_platforms")->as_array()->size()));
  for (const Json& id : *all.find("banned_platforms")->as_array())
    terminal.text("  " + *id.as_string());
  show_list(terminal, "Proxies that left or were banned", *all.find("departed"), "key",
            {"owner", "banned"});
  terminal.headline("Parameters");
  for (const auto& [name, value] : *all.find("parameters")->as_object())
    terminal.fact(name, codec::write_json(value));
  show_pending(terminal, registry.state, now);
  show_list(terminal, "Entries that do not count", *all.find("refused_entries"), "list",
            {"key", "reason"});
}

}  // namespace cocoon::apps
