#include "provenance/log/tile.h"

#include <doctest/doctest.h>

namespace cocoon::provenance::log {
namespace {

TEST_CASE("tile paths are those of C2SP tlog-tiles") {
  CHECK(TileId{.level = 0, .index = 0}.path() == "tile/0/000");
  CHECK(TileId{.level = 1, .index = 1234067}.path() == "tile/1/x001/x234/067");
  CHECK(TileId{.level = 0, .index = 273, .width = 112}.path() == "tile/0/273.p/112");
  CHECK(TileId{.kind = TileId::Kind::kEntries, .index = 1000, .width = 1}.path() ==
        "tile/entries/x001/000.p/1");
}

TEST_CASE("tile paths are read back, to the largest") {
  for (const TileId& id : {TileId{}, TileId{.level = 63, .index = ~std::uint64_t{0}},
                           TileId{.kind = TileId::Kind::kEntries, .index = 999999, .width = 255}}) {
    const auto parsed = TileId::parse(id.path());
    REQUIRE(parsed.has_value());
    CHECK(*parsed == id);
  }
}

TEST_CASE("refuses every other spelling of a tile's path") {
  for (const char* const path : {"",
                                 "tile",
                                 "tile/",
                                 "tile/0",
                                 "tile/0/",
                                 "tile/0/0",
                                 "tile/0/0000",
                                 "tile/00/000",
                                 "tile/64/000",
                                 "tile/-1/000",
                                 "tile/0/x000/000",
                                 "tile/0/001/000",
                                 "tile/0/x001/x000",
                                 "tile/0/x001/",
                                 "tile/0/000.p/0",
                                 "tile/0/000.p/256",
                                 "tile/0/000.p/01",
                                 "tile/0/000.p/",
                                 "tile/0/000/1",
                                 "/tile/0/000",
                                 "tile/0/000 ",
                                 "tile/Entries/000",
                                 "tile/0/x1/000",
                                 "tile/0/x999/x999/x999/x999/x999/x999/999",
                                 "tile/0/x000/x000/x000/x000/x000/x000/x000/000",
                                 "tile/0/../000"}) {
    CHECK_MESSAGE(!TileId::parse(path).has_value(), path);
  }
}

}  // namespace
}  // namespace cocoon::provenance::log
