#include "registry/changes.h"

#include "tests/support/vectors.h"
#include "ton/cell/boc.h"

namespace cocoon::registry {
namespace {

using ton::Builder;

Builder tagged(std::uint8_t tag) { return std::move(Builder().uint(tag, 8)); }

}  // namespace

TEST_CASE("the change of the vectors adds the entry that they say") {
  const codec::Json all = testing::read_json("tests/data/formats/registry.json");
  const codec::Json& waiting = testing::items(all, "pending").front();
  const Change change =
      read_change(ton::parse_boc_root(testing::hex(waiting, "change")).value()).value();
  const AddEntry& added = std::get<AddEntry>(change);
  CHECK(added.kind == ListKind::kModels);
  CHECK_EQ(added.key, EntryKey::from(Bytes(32, std::byte{0x61})).value());
}

TEST_CASE("each kind of change is read, and nothing else") {
  const Bytes key(32, std::byte{5});
  CHECK(std::holds_alternative<UnbanPlatform>(
      read_change(tagged(2).bytes(key).build().value()).value()));
  CHECK(std::holds_alternative<UnbanProxy>(
      read_change(tagged(3).bytes(key).build().value()).value()));
  const ton::CellRef parameters = Builder().bytes(Bytes(32 + 30)).build().value();
  CHECK(std::holds_alternative<SetParameters>(
      read_change(tagged(4).ref(parameters).build().value()).value()));
  for (const std::uint8_t tag : {std::uint8_t{5}, std::uint8_t{6}}) {
    Builder cell = tagged(tag);
    ton::store_address(cell, {});
    CHECK(read_change(cell.build().value()).has_value());
  }
  CHECK_EQ(std::get<SetFloor>(read_change(tagged(7).uint(18, 32).build().value()).value())
               .evaluation_number_min,
           18);
  for (const ton::CellRef& wrong :
       {ton::Cell::empty(), tagged(0).build().value(), tagged(8).build().value(),
        tagged(7).uint(18, 33).build().value(), tagged(4).ref(ton::Cell::empty()).build().value(),
        tagged(1).uint(4, 8).bytes(key).ref(ton::Cell::empty()).build().value()})
    CHECK_FALSE(read_change(wrong).has_value());
}

}  // namespace cocoon::registry
