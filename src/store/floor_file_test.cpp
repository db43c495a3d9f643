#include "store/floor_file.h"

#include <doctest/doctest.h>

#include <fstream>

#include "store/loop_test.h"
#include "store/receipt_journal.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::store;

namespace {

std::vector<attest::EvaluationFloor> floors_of(std::uint32_t number) {
  return {{.model = {}, .number = number}};
}

}  // namespace

TEST_CASE("floors are there again when the file is opened again") {
  const testing::TempFolder folder;
  const auto path = folder / "state" / "floors.cbor";
  const auto first = FloorFile::open(path).value();
  CHECK(first->kept().empty());
  REQUIRE(run(first->put(floors_of(3))).has_value());
  CHECK_EQ(first->kept(), floors_of(3));
  CHECK_EQ(FloorFile::open(path).value()->kept(), floors_of(3));
  REQUIRE(run(first->put(floors_of(4))).has_value());
  CHECK_EQ(FloorFile::open(path).value()->kept(), floors_of(4));
}

TEST_CASE("a file of floors that cannot be read is not taken for an empty one") {
  const testing::TempFolder folder;
  const auto path = folder / "floors.cbor";
  std::ofstream(path) << "what is this?";
  const auto opened = FloorFile::open(path);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().is(StoreError::kUnreadable));
  CHECK(opened.error().message().contains("floors.cbor"));
}

TEST_CASE("floors that cannot be written are not taken for kept") {
  const testing::TempFolder folder;
  const auto file = FloorFile::open(folder / "state" / "floors.cbor").value();
  std::filesystem::remove_all(folder / "state");
  CHECK_FALSE(run(file->put(floors_of(1))).has_value());
  CHECK(file->kept().empty());
}
