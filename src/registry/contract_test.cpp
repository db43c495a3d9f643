#include "registry/contract.h"

#include "registry/contract_snapshot.h"
#include "tests/support/vectors.h"
#include "ton/cell/boc.h"

namespace cocoon::registry {
namespace {

using namespace std::chrono_literals;
using testing::hex;
using testing::items;
using testing::number;
using testing::text;

constexpr NetworkId kNetwork{-239};

codec::Json vectors() { return testing::read_json("tests/data/formats/registry.json"); }

ton::CellRef data_of(const codec::Json& all) {
  return ton::parse_boc_root(hex(all, "data")).value();
}
ContractState sample() { return read_contract(data_of(vectors())).value(); }
Reading reading_of(const ContractState& state) { return read_snapshot(state, kNetwork).value(); }

ton::Address address_in(const codec::Json& object, std::string_view key) {
  const codec::Json& address = testing::member(object, key);
  return {static_cast<std::int32_t>(number(address, "workchain")),
          ton::AccountId::from(hex(address, "account")).value()};
}

EntryKey key_of(const codec::Json& object) { return EntryKey::from(hex(object, "key")).value(); }

ton::CellRef title_cell(std::string_view words) {
  return ton::Builder().uint(words.size(), 8).bytes(as_bytes(words)).build().value();
}

}  // namespace

TEST_CASE("the pinned code is the vectors' and the compiled one's") {
  CHECK_EQ(contract_code_hash().hex(), text(vectors(), "code_hash"));
  CHECK_EQ(contract_code_hash().hex(),
           text(testing::read_json("contracts/code/registry.json"), "hash"));
}

TEST_CASE("the state of the vectors reads as they say and writes back to the same cell") {
  const codec::Json all = vectors();
  const ContractState state = sample();
  CHECK_EQ(write_contract(state).value()->hash().hex(), text(all, "data_hash"));

  const codec::Json& parameters = testing::member(all, "parameters");
  CHECK_EQ(state.parameters.key_epoch, number(parameters, "keyEpoch"));
  CHECK_EQ(state.parameters.key_grace, number(parameters, "keyGrace"));
  CHECK_EQ(state.parameters.statement_age_max, number(parameters, "statementAgeMax"));
  CHECK_EQ(state.parameters.statement_block_interval, number(parameters, "statementBlockInterval"));
  CHECK_EQ(state.parameters.evaluation_number_min, number(parameters, "evaluationNumberMin"));
  CHECK_EQ(state.parameters.anchor_interval, number(parameters, "anchorInterval"));
  CHECK_EQ(state.parameters.addition_delay, number(parameters, "additionDelay"));
  CHECK_EQ(state.parameters.unstake_delay, number(parameters, "unstakeDelay"));
  CHECK_EQ(std::to_string(state.parameters.price_floor.nano()), text(parameters, "priceFloor"));
  CHECK_EQ(std::to_string(state.parameters.stake_min.nano()), text(parameters, "stakeMin"));

  CHECK(state.owner == address_in(all, "owner"));
  CHECK(state.guardian == address_in(all, "guardian"));
  CHECK_EQ(std::to_string(state.stakes.nano()), text(all, "stakes_nano"));
  CHECK_EQ(std::to_string(state.next_id), text(all, "next_id"));
  const codec::Json& waiting = items(all, "pending").front();
  REQUIRE_EQ(state.pending.size(), 1);
  CHECK_EQ(std::to_string(state.pending.begin()->first), text(waiting, "id"));
  CHECK_EQ(state.pending.begin()->second.applies_at.value(), number(waiting, "applies_at"));
  CHECK_EQ(state.pending.begin()->second.change->hash(),
           ton::parse_boc_root(hex(waiting, "change")).value()->hash());
}

TEST_CASE("proxies and those that left read as the vectors say") {
  const codec::Json all = vectors();
  const ContractState state = sample();
  const codec::Json& listed = items(all, "proxies").front();
  REQUIRE_EQ(state.proxies.size(), number(all, "proxy_count"));
  const auto& [key, proxy] = *state.proxies.begin();
  CHECK_EQ(key.hex(), text(listed, "key"));
  CHECK(proxy.owner == address_in(listed, "owner"));
  CHECK_EQ(std::to_string(proxy.stake.nano()), text(listed, "stake_nano"));
  CHECK_EQ(proxy.registered_at.value(), number(listed, "registered_at"));
  const ProxyDetails details = read_proxy_details(proxy.details).value();
  CHECK_EQ(details.log_key.hex(), text(listed, "log_key"));
  CHECK(details.anchor == address_in(listed, "anchor"));
  REQUIRE_EQ(details.endpoints.size(), 2);
  CHECK_EQ(details.endpoints[1].host, "192.0.2.1");
  CHECK_EQ(details.endpoints[1].port, 11000);
  CHECK_EQ(write_proxy_details(details).value()->hash(), proxy.details->hash());

  REQUIRE_EQ(state.departed.size(), 2);
  const auto& left = *state.departed.begin();
  CHECK(left.second.owner.has_value());
  CHECK(left.second.standing == DepartedProxy::Standing::kLeft);
  const auto& banned = *state.departed.rbegin();
  CHECK_FALSE(banned.second.owner.has_value());
  CHECK(banned.second.standing == DepartedProxy::Standing::kBanned);
}

TEST_CASE("each list's entries become the policy and the models that they name") {
  const codec::Json all = vectors();
  const Reading reading = reading_of(sample());
  const Snapshot& snapshot = reading.snapshot;
  const attest::Policy& policy = snapshot.policy;
  CHECK(reading.refused.empty());

  REQUIRE_EQ(policy.images.size(), 1);
  const codec::Json& image = items(all, "images").front();
  CHECK_EQ(policy.images[0].name, text(image, "name"));
  CHECK_EQ(to_hex(policy.images[0].mrtd), text(image, "mrtd"));
  CHECK_EQ(to_hex(policy.images[0].rtmr2), text(image, "rtmr2"));
  REQUIRE_EQ(policy.images[0].shapes.size(), 2);
  const codec::Json& large = items(image, "shapes")[1];
  CHECK_EQ(policy.images[0].shapes[1].name, text(large, "name"));
  CHECK_EQ(to_hex(policy.images[0].shapes[1].rtmr0), text(large, "rtmr0"));
  CHECK_EQ(to_hex(policy.images[0].shapes[1].xfam), text(large, "xfam"));
  CHECK_EQ(policy.images[0].shapes[1].gpus.count, 8);
  CHECK_EQ(policy.images[0].shapes[1].gpus.model, "GH100");
  CHECK_EQ(policy.images[0].shapes[0].gpus.count, 0);
  REQUIRE_EQ(policy.snp_images.size(), 1);
  CHECK_EQ(policy.snp_images[0].name, "guest-1");
  REQUIRE_EQ(policy.snp_images[0].shapes.size(), 2);
  CHECK_EQ(policy.snp_images[0].shapes[1].gpus.count, 1);

  REQUIRE_EQ(snapshot.models.size(), items(all, "models").size());
  for (const codec::Json& model : items(all, "models"))
    CHECK_EQ(snapshot.model_by_name(text(model, "name"))->hash.hex(), text(model, "key"));

  REQUIRE_EQ(policy.roots.size(), 1);
  CHECK_EQ(policy.roots[0].hex(), text(items(all, "roots")[0], "key"));
  REQUIRE_EQ(policy.snp.roots.size(), 1);
  REQUIRE_EQ(policy.gpus.roots.size(), 1);

  REQUIRE_EQ(policy.exceptions.size(), 1);
  CHECK(policy.exceptions[0].status == attest::intel::TcbStatus::kOutOfDate);
  CHECK_EQ(policy.exceptions[0].advisories, std::vector<std::string>{"INTEL-SA-00960"});
  CHECK_EQ(policy.exceptions[0].until.value(), 1'830'000'000);
  REQUIRE_EQ(policy.trusted_blocks.size(), 1);
  CHECK_EQ(policy.trusted_blocks[0].seqno.value(), 59'379'986);
  CHECK_EQ(policy.gpus.golden_keys.size(), 1);
  CHECK_EQ(policy.gpus.driver_versions, std::vector<std::string>{"550.90.07"});
  CHECK_EQ(policy.gpus.vbios_versions, std::vector<std::string>{"96.00.5E.00.01"});
  CHECK_FALSE(policy.snp.guests.genoa_tcb_min.has_value());
  REQUIRE(policy.snp.guests.turin_tcb_min.has_value());
  CHECK_EQ(policy.snp.guests.turin_tcb_min->microcode, 72);

  CHECK(policy.bans(hex(items(all, "banned_platforms")[0], "id")));
  CHECK_EQ(policy.evaluation_number_min, 17);
  CHECK_EQ(policy.statement_age_max, 4200s);
  CHECK_EQ(snapshot.network, kNetwork);
  REQUIRE_EQ(snapshot.proxies.size(), 1);
  CHECK_EQ(snapshot.proxies[0].host, "proxy.example");
  CHECK_EQ(snapshot.proxies[0].port, 443);
  CHECK_EQ(snapshot.proxies[0].name, snapshot.proxies[0].key.hex().substr(0, 16));
}

TEST_CASE("every entry of the vectors writes back to the cell that its key names") {
  const ContractState state = sample();
  for (const auto& [key, cell] : state.list(ListKind::kImages))
    CHECK_EQ(write_image(read_image(cell).value()).value()->hash().bytes(), key.bytes());
  for (const auto& [key, cell] : state.list(ListKind::kTerms))
    CHECK_EQ(write_term(read_term(cell).value()).value()->hash().bytes(), key.bytes());
  const codec::Json all = vectors();
  for (const codec::Json& term : items(all, "terms"))
    CHECK(state.list(ListKind::kTerms).contains(key_of(term)));
  CHECK_EQ(state.list(ListKind::kTerms).size(), items(all, "terms").size());
}

TEST_CASE("an entry that is not as its list says does not count, and the others do") {
  ContractState state = sample();
  const auto refused = [&] {
    const Reading reading = reading_of(state);
    REQUIRE_EQ(reading.refused.size(), 1);
    return reading.refused[0].list + ": " + reading.refused[0].why;
  };
  EntryCells& images = state.list(ListKind::kImages);
  EntryCells& models = state.list(ListKind::kModels);
  EntryCells& roots = state.list(ListKind::kRoots);
  EntryCells& terms = state.list(ListKind::kTerms);

  SUBCASE("an image under another key") {
    images.emplace(EntryKey(), images.begin()->second);
    CHECK_EQ(refused(), "images: the key is not that of what it stands for");
    CHECK_EQ(reading_of(state).snapshot.policy.images.size(), 1);
  }
  SUBCASE("a term under another key") {
    terms.emplace(EntryKey(), terms.begin()->second);
    CHECK_EQ(refused(), "terms: the key is not that of what it stands for");
  }
  SUBCASE("a kind of image that is not known") {
    const ton::CellRef cell = ton::Builder().uint(9, 8).build().value();
    images.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK_EQ(refused(), "images: a kind of image that is not known");
  }
  SUBCASE("a kind of term that is not known") {
    const ton::CellRef cell = ton::Builder().uint(0, 8).build().value();
    terms.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK_EQ(refused(), "terms: a kind of term that is not known");
  }
  SUBCASE("an image with more in it") {
    const ton::CellRef& whole = images.begin()->second;
    const ton::CellRef cell = ton::Builder()
                                  .rest_of(ton::Slice::open(whole).value())
                                  .ref(ton::Cell::empty())
                                  .build()
                                  .value();
    images.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK(refused().starts_with("images: a cell with more in it"));
  }
  SUBCASE("an image without a shape") {
    const ton::CellRef cell = write_image(attest::SnpImage{.name = "bare", .shapes = {}}).value();
    images.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK_EQ(refused(), "images: an image without a shape of machine");
  }
  SUBCASE("a shape with more GPUs than there may be") {
    const attest::SnpImage image{.name = "many",
                                 .shapes = {{.name = "s", .gpus = {.count = 17, .model = "G"}}}};
    const ton::CellRef cell = write_image(image).value();
    images.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK_EQ(refused(), "images: a shape with GPUs has 1 to 16 of them");
  }
  SUBCASE("a model's name with a space") {
    models.emplace(EntryKey(), title_cell("two words"));
    CHECK(refused().starts_with("models: a name that is not printable"));
  }
  SUBCASE("a model's name that is longer than its cell") {
    models.emplace(EntryKey(), ton::Builder().uint(200, 8).build().value());
    CHECK(refused().starts_with("models: a cell that ends too early"));
  }
  SUBCASE("a root of a vendor that is not known") {
    roots.emplace(EntryKey(), ton::Builder().uint(4, 8).uint(0, 8).build().value());
    CHECK_EQ(refused(), "roots: a root of a vendor that is not known");
  }
  SUBCASE("an exception for a revoked platform") {
    attest::StatusException exception;
    exception.status = attest::intel::TcbStatus::kRevoked;
    const ton::CellRef cell = write_term(exception).value();
    terms.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK_EQ(refused(), "terms: an exception for a status that cannot be tolerated");
  }
  SUBCASE("a firmware floor for Milan") {
    const ton::CellRef cell =
        write_term(SnpFloor{.product = attest::amd::Product::kMilan, .tcb_min = {}}).value();
    terms.emplace(EntryKey(cell->hash().bytes()), cell);
    CHECK_EQ(refused(), "terms: a firmware floor of a processor that is never accepted");
  }
  SUBCASE("a proxy that says nothing of where it listens") {
    state.proxies.begin()->second.details = ton::Cell::empty();
    CHECK(refused().starts_with("proxies: "));
    CHECK(reading_of(state).snapshot.proxies.empty());
  }
}

TEST_CASE("a name that two models have names neither") {
  ContractState state = sample();
  EntryCells& models = state.list(ListKind::kModels);
  models.emplace(EntryKey(), models.begin()->second);
  const Reading reading = reading_of(state);
  CHECK_EQ(reading.refused.size(), 2);
  CHECK_EQ(reading.snapshot.models.size(), models.size() - 2);
}

TEST_CASE("a ban counts for what it names, whatever its key, and one without a name for nothing") {
  ContractState state = sample();
  const Bytes other(64, std::byte{1});
  state.platform_bans.emplace(EntryKey(), write_platform(other).value());
  Reading reading = reading_of(state);
  CHECK_EQ(reading.refused.size(), 1);
  CHECK(reading.snapshot.policy.bans(other));
  state.platform_bans.insert_or_assign(EntryKey(), write_platform(Bytes(5)).value());
  reading = reading_of(state);
  CHECK_EQ(reading.refused.size(), 1);
  CHECK_EQ(reading.snapshot.policy.banned_platforms.size(), 1);
}

TEST_CASE("of several firmware floors the highest parts count") {
  ContractState state = sample();
  const auto add = [&](const attest::amd::TcbVersion& tcb) {
    const ton::CellRef cell =
        write_term(SnpFloor{.product = attest::amd::Product::kTurin, .tcb_min = tcb}).value();
    state.list(ListKind::kTerms).emplace(EntryKey(cell->hash().bytes()), cell);
  };
  add({.fmc = 9, .bootloader = 0, .tee = 0, .snp = 0, .microcode = 73});
  const Reading reading = reading_of(state);
  const attest::amd::TcbVersion floor = *reading.snapshot.policy.snp.guests.turin_tcb_min;
  CHECK(floor ==
        attest::amd::TcbVersion{.fmc = 9, .bootloader = 2, .tee = 3, .snp = 4, .microcode = 73});
}

TEST_CASE("a proxy's endpoints are host:port, and nothing else counts") {
  const auto details = [](std::string_view words) {
    return read_proxy_details(ton::Builder()
                                  .bytes(Bytes(32))
                                  .uint(0, 2)
                                  .ref(ton::Builder().bytes(as_bytes(words)).build().value())
                                  .build()
                                  .value());
  };
  CHECK_EQ(details("[2001:db8::1]:443")->endpoints[0].host, "2001:db8::1");
  for (const std::string_view wrong :
       {"", " ", "host", "host:", ":1", "host:0", "host:65536", "host:01", "host:+1", "host:1 ",
        " host:1", "host:1  host:2", "a:b:1", "[]:1", "[v6:1", "host:1\n", "h\x80st:1"}) {
    CAPTURE(wrong);
    CHECK_FALSE(details(wrong).has_value());
  }
}

TEST_CASE("parameters out of range and lists too long leave nothing that counts") {
  ContractState state = sample();
  ContractParameters& parameters = state.parameters;
  SUBCASE("keys that live for ever") { parameters.key_epoch = 31 * 24 * 3600; }
  SUBCASE("no grace") { parameters.key_grace = 0; }
  SUBCASE("statements of no age") { parameters.statement_age_max = 0; }
  SUBCASE("no interval of blocks") { parameters.statement_block_interval = 0; }
  SUBCASE("a wide interval of blocks") { parameters.statement_block_interval = 1'000'001; }
  SUBCASE("65 roots") {
    for (std::uint8_t i = 0; i < 64; ++i) {
      EntryKey key(ByteArray<32>{static_cast<std::byte>(i + 1)});
      state.list(ListKind::kRoots).emplace(key, write_root({}).value());
    }
  }
  CHECK(read_snapshot(state, kNetwork).error().is(RegistryError::kBadTerms));
}

TEST_CASE("cells that are not the contract's layout are refused") {
  const ton::CellRef whole = data_of(vectors());
  CHECK_FALSE(read_contract(ton::Cell::empty()).has_value());
  CHECK_FALSE(read_contract(nullptr).has_value());
  const ton::Slice slice = ton::Slice::open(whole).value();
  CHECK_FALSE(read_contract(ton::Builder().rest_of(slice).bit(true).build().value()).has_value());

  // Bits of the root as they are, one reference of it replaced.
  const auto with_reference = [&](std::size_t at, const ton::CellRef& other) {
    ton::Builder cell;
    cell.bits(slice.rest_bits());
    for (std::size_t i = 0; i < whole->refs().size(); ++i)
      cell.ref(i == at ? other : whole->refs()[i]);
    return read_contract(cell.build().value());
  };
  for (std::size_t at = 0; at < 3; ++at) {
    CAPTURE(at);
    CHECK(with_reference(at, whole->refs()[at]).has_value());
    CHECK_FALSE(with_reference(at, ton::Cell::empty()).has_value());
  }
  // Another count than there are proxies, an amount beyond the supply.
  const ton::Slice members = ton::Slice::open(whole->refs()[1]).value();
  for (const std::size_t flipped : {std::size_t{2 + 15}, std::size_t{2 + 16 + 1}}) {
    ton::Builder cell;
    const ton::BitString bits = members.rest_bits();
    for (std::size_t i = 0; i < bits.size(); ++i) cell.bit(bits[i] != (i == flipped));
    for (const ton::CellRef& ref : members.rest_refs()) cell.ref(ref);
    CHECK(with_reference(1, cell.build().value()).error().is(RegistryError::kMalformed));
  }
}

TEST_CASE("a founded contract says what its snapshot said") {
  const Snapshot before = reading_of(sample()).snapshot;
  Founding founding;
  founding.owner = sample().owner;
  founding.guardian = sample().guardian;
  founding.stake = NanoTon::from_nano(7).value();
  const ContractState founded = found_contract(before, founding).value();
  const ContractState again = read_contract(write_contract(founded).value()).value();
  const Reading reading = reading_of(again);
  CHECK(reading.refused.empty());
  CHECK_EQ(reading.snapshot.policy.hash(), before.policy.hash());
  REQUIRE_EQ(reading.snapshot.models.size(), before.models.size());
  CHECK_EQ(reading.snapshot.models[0].name, before.models[0].name);
  CHECK_EQ(reading.snapshot.proxies.at(0).host, before.proxies.at(0).host);
  CHECK_EQ(reading.snapshot.parameters.price_floor, before.parameters.price_floor);
  CHECK_EQ(again.stakes.nano(), 7);
  CHECK(again.guardian == sample().guardian);
}

TEST_CASE("names that no cell holds cannot be founded") {
  Snapshot snapshot = reading_of(sample()).snapshot;
  snapshot.models[0].name = std::string(127, 'm');
  CHECK_FALSE(found_contract(snapshot, {}).has_value());
}

}  // namespace cocoon::registry
