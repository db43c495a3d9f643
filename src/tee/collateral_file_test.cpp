#include "tee/collateral_file.h"

#include <doctest/doctest.h>

#include "files/small_files.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::tee;
using namespace std::chrono_literals;

namespace {

class HandClock final : public async::Clock {
 public:
  [[nodiscard]] async::TimePoint now() const override { return now_; }
  [[nodiscard]] UnixMillis wall_now() const override { return {}; }
  [[nodiscard]] async::Task<void> sleep_until(async::TimePoint) override { co_return; }
  void advance(async::Duration by) { now_ += by; }

 private:
  async::TimePoint now_{};
};

void put(const std::filesystem::path& file, std::string_view text) {
  REQUIRE(files::replace_file(file, as_bytes(text), files::FileMode::kPublic,
                              files::Durability::kCached)
              .has_value());
}

}  // namespace

TEST_CASE("collateral is read again when it is replaced") {
  const testing::TempFolder folder;
  const auto path = folder / "collateral.json";
  HandClock clock;
  CollateralFile source(path, clock);
  CHECK_EQ(source.current(), nullptr);
  put(path, "first");
  clock.advance(10s);
  const auto first = source.current();
  REQUIRE(first != nullptr);
  CHECK_EQ(as_text(first->json), "first");
  CHECK_EQ(first->digest, attest::collateral_digest(as_bytes("first")));
  put(path, "second");
  CHECK_EQ(source.current(), first);  // not looked at again so soon
  clock.advance(10s);
  CHECK_EQ(as_text(source.current()->json), "second");
}

TEST_CASE("collateral that cannot be read leaves the last in place") {
  const testing::TempFolder folder;
  const auto path = folder / "collateral.json";
  HandClock clock;
  CollateralFile source(path, clock);
  put(path, "first");
  REQUIRE(source.current() != nullptr);
  std::filesystem::remove(path);
  clock.advance(10s);
  CHECK_EQ(as_text(source.current()->json), "first");
  put(path, "");
  clock.advance(10s);
  CHECK_EQ(as_text(source.current()->json), "first");
  std::filesystem::resize_file(path, attest::kCollateralBytesMax + 1);
  clock.advance(10s);
  CHECK_EQ(as_text(source.current()->json), "first");
}

TEST_CASE("a worker without a collateral file has none") {
  HandClock clock;
  CHECK_EQ(CollateralFile("", clock).current(), nullptr);
}
