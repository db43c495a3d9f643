#include "attest/collateral_book.h"

#include <doctest/doctest.h>

#include "attest/intel/error.h"
#include "attest/intel/recorded_test.h"
#include "attest/statement.h"
#include "codec/json.h"
#include "tests/support/vectors.h"

using namespace cocoon;
using namespace cocoon::attest;
using Admission = CollateralBook::Admission;
using intel::IntelError;
using tdxsim::CollateralOptions;

namespace {

constexpr std::uint32_t kDay = 86'400;

UnixSeconds days_on(std::uint32_t days) {
  return UnixSeconds(tdxsim::kFixtureNow.value() + days * kDay);
}

const tdxsim::WorkerFixture& machine() {
  static const tdxsim::WorkerFixture fixture = tdxsim::make_worker_fixture("machine");
  return fixture;
}

// Collateral of the one machine, as its vendor publishes it.
Bytes collateral(const CollateralOptions& options, UnixSeconds now = tdxsim::kFixtureNow) {
  return to_bytes(machine().vendor.publish(machine().platform, now, options).value());
}

std::vector<RootFingerprint> roots() { return {machine().platform.root_fingerprint()}; }

PlatformModel model() {
  return {.root = roots().front(),
          .fmspc = {std::byte{0xc0}, std::byte{0xc0}, {}, {}, {}, std::byte{1}}};
}

Result<Admission> offer(CollateralBook& book, const CollateralOptions& options,
                        UnixSeconds now = tdxsim::kFixtureNow) {
  return book.admit(collateral(options), roots(), now);
}

std::uint32_t held_number(const CollateralBook& book) {
  const HeldCollateral* const held = book.find(model());
  REQUIRE(held != nullptr);
  return held->verified.evaluation_number();
}

// The same collateral with one member of another's.
Bytes with_member(BytesView json, BytesView other, std::initializer_list<std::string_view> names) {
  codec::Json out = codec::parse_json(as_text(json)).value();
  const codec::Json from = codec::parse_json(as_text(other)).value();
  for (const std::string_view name : names) out.set(std::string(name), *from.find(name));
  return to_bytes(codec::write_json(out));
}

}  // namespace

TEST_CASE("collateral is found by its platform model and by its digest") {
  CollateralBook book;
  CHECK_EQ(book.find(model()), nullptr);
  const Bytes json = collateral({});
  REQUIRE_EQ(book.admit(json, roots(), tdxsim::kFixtureNow).value(), Admission::kKept);
  const HeldCollateral* const held = book.find(model());
  REQUIRE(held != nullptr);
  CHECK_EQ(held->json, json);
  CHECK_EQ(held->digest, collateral_digest(json));
  CHECK_EQ(book.find(held->digest), held);
  CHECK_EQ(book.find(CollateralDigest()), nullptr);
  // Whatever else was in the file does not travel on.
  const Bytes padded = to_bytes("{\"more\":\"" + std::string(1000, 'x') + "\"," +
                                std::string(as_text(json).substr(1)));
  CollateralBook another;
  REQUIRE_EQ(another.admit(padded, roots(), tdxsim::kFixtureNow).value(), Admission::kKept);
  CHECK_EQ(another.find(model())->digest, held->digest);
}

TEST_CASE("collateral that nobody vouches for is not kept") {
  CollateralBook book;
  const Bytes json = collateral({});
  const std::vector none{tdxsim::make_platform("another").root_fingerprint()};
  CHECK(book.admit(json, none, tdxsim::kFixtureNow).error().is(IntelError::kUntrustedRoot));
  CHECK(
      book.admit(to_bytes("{}"), roots(), tdxsim::kFixtureNow).error().is(IntelError::kMalformed));
  const Bytes forged = with_member(json, collateral({.evaluation_number = 2}), {"tcb_info"});
  CHECK(book.admit(forged, roots(), tdxsim::kFixtureNow).error().is(IntelError::kBadCollateral));
  CHECK_EQ(book.size(), 0);
  CHECK(book.floors().empty());
}

TEST_CASE("newer collateral replaces older, never the other way round") {
  CollateralBook book;
  CHECK_EQ(offer(book, {.evaluation_number = 2}).value(), Admission::kKept);
  CHECK_EQ(offer(book, {.evaluation_number = 2}).value(), Admission::kKnownNewer);  // the same
  const auto refused = offer(book, {.evaluation_number = 1});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().is(AttestError::kStale));
  CHECK(refused.error().message().starts_with("rolled-back collateral"));
  CHECK_EQ(offer(book, {.evaluation_number = 3}).value(), Admission::kKept);
  CHECK_EQ(held_number(book), 3);
  // Under the same number the later issue counts.
  CHECK_EQ(offer(book, {.evaluation_number = 3, .issued_after = -2 * 86'400}).value(),
           Admission::kKnownNewer);
  CHECK_EQ(offer(book, {.evaluation_number = 3, .issued_after = -3600}).value(), Admission::kKept);
  // What is not valid yet, or no more, takes the place of nothing that is.
  CHECK_EQ(offer(book, {.evaluation_number = 4, .issued_after = 3600}).value(),
           Admission::kKnownNewer);
  CHECK_EQ(offer(book, {.evaluation_number = 4, .valid_for = -1}).value(), Admission::kKnownNewer);
  CHECK_EQ(held_number(book), 3);
}

TEST_CASE("a mixture of new and old parts replaces nothing") {
  CollateralBook book;
  const Bytes held = collateral({.evaluation_number = 2});
  REQUIRE_EQ(book.admit(held, roots(), tdxsim::kFixtureNow).value(), Admission::kKept);
  const auto names = {std::string_view("tcb_info"), std::string_view("tcb_info_signature")};
  const Bytes newer = collateral({.evaluation_number = 3});
  const Bytes older = collateral({.evaluation_number = 2, .issued_after = -5 * 86'400});
  CHECK_EQ(book.admit(with_member(older, newer, names), roots(), tdxsim::kFixtureNow).value(),
           Admission::kKnownNewer);
  CHECK_EQ(book.admit(with_member(held, newer, names), roots(), tdxsim::kFixtureNow).value(),
           Admission::kKept);
}

TEST_CASE("expired collateral gives way to any that is valid, within the floor") {
  CollateralBook book;
  REQUIRE_EQ(offer(book, {.evaluation_number = 2, .valid_for = 86'400}).value(), Admission::kKept);
  const CollateralOptions long_lived{
      .evaluation_number = 2, .issued_after = -2 * 86'400, .valid_for = 90 * 86'400};
  CHECK_EQ(offer(book, long_lived).value(), Admission::kKnownNewer);
  CHECK_EQ(offer(book, long_lived, days_on(2)).value(), Admission::kKept);
  CHECK(book.find(model())->verified.validity().contains(days_on(2)));
  CHECK_FALSE(offer(book, {.evaluation_number = 1}, days_on(200)).has_value());
}

TEST_CASE("floors outlive the book and only rise") {
  CollateralBook first;
  REQUIRE(offer(first, {.evaluation_number = 5}).has_value());
  const std::vector<EvaluationFloor> floors = first.floors();
  REQUIRE_EQ(floors, std::vector<EvaluationFloor>{{model(), 5}});
  CollateralBook second;
  second.raise_floors(decode_floors(encode_floors(floors)).value());
  CHECK(offer(second, {.evaluation_number = 4}).error().is(AttestError::kStale));
  second.raise_floors({{model(), 2}});
  CHECK(offer(second, {.evaluation_number = 4}).error().is(AttestError::kStale));
  CHECK_EQ(offer(second, {.evaluation_number = 5}).value(), Admission::kKept);
}

TEST_CASE("floors are the vectors' bytes both ways") {
  const codec::Json vectors = testing::read_json("tests/data/formats/collateral-floors.json");
  REQUIRE_EQ(testing::items(vectors, "cases").size(), 2);
  for (const codec::Json& item : testing::items(vectors, "cases")) {
    std::vector<EvaluationFloor> floors;
    for (const codec::Json& one : testing::items(item, "floors")) {
      EvaluationFloor floor{.model = {}, .number = 0};
      floor.model.root = RootFingerprint::from(testing::hex(one, "root")).value();
      std::ranges::copy(testing::hex(one, "fmspc"), floor.model.fmspc.begin());
      floor.number = static_cast<std::uint32_t>(testing::number(one, "number"));
      floors.push_back(floor);
    }
    const Bytes expected = testing::hex(item, "cbor");
    CHECK_EQ(to_hex(encode_floors(floors)), to_hex(expected));
    CHECK_EQ(decode_floors(expected).value(), floors);
  }
}

TEST_CASE("encoded floors are read strictly") {
  EvaluationFloor other{.model = model(), .number = 7};
  other.model.fmspc[5] = std::byte{2};
  const Bytes good = encode_floors({other, {model(), 5}});
  CHECK_EQ(decode_floors(good).value().size(), 2);
  CHECK(decode_floors(encode_floors({})).value().empty());
  for (std::size_t size = 0; size < good.size(); ++size) {
    CHECK_FALSE(decode_floors(BytesView(good).first(size)).has_value());
  }
  Bytes longer = good;
  longer.push_back(std::byte{0});
  CHECK(decode_floors(longer).error().is(AttestError::kMalformed));
  CHECK_FALSE(decode_floors(encode_floors({other, other})).has_value());
}

TEST_CASE("what a book remembers is bounded") {
  CollateralBook book;
  std::vector<EvaluationFloor> floors;
  for (std::size_t i = 0; i < CollateralBook::kFloorsMax; ++i) {
    EvaluationFloor floor{.model = model(), .number = 1};
    floor.model.fmspc[0] = static_cast<std::byte>(i);
    floor.model.fmspc[1] = static_cast<std::byte>(i >> 8U);
    floors.push_back(floor);
  }
  CHECK_LE(encode_floors(floors).size(), kFloorsBytesMax);
  CHECK_EQ(decode_floors(encode_floors(floors)).value().size(), CollateralBook::kFloorsMax);
  book.raise_floors(floors);
  CHECK(offer(book, {}).error().is(AttestError::kCollateral));
  CHECK_EQ(book.size(), 0);
}
