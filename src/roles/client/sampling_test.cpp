#include "roles/client/sampling.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/fakes/world/world.h"

using namespace cocoon;
using namespace cocoon::client;
using attest::nvidia::GpuId;
using attest::nvidia::JudgedGpu;

namespace {

// Workers of machines, by name, with these GPUs, by number.
struct Fleet {
  void add(const std::string& machine, const std::vector<int>& gpus = {}) {
    names.push_back(to_bytes(machine));
    std::vector<JudgedGpu> judged;
    for (const int gpu : gpus) {
      JudgedGpu one;
      one.id = GpuId(crypto::sha256(as_bytes(std::to_string(gpu))));
      judged.push_back(one);
    }
    proven.push_back(std::move(judged));
  }
  [[nodiscard]] std::vector<std::size_t> draw() {
    std::vector<Offered> offered;
    for (std::size_t i = 0; i < names.size(); ++i)
      offered.push_back({.platform_id = names[i], .gpus = proven[i]});
    return draw_order(offered, random);
  }
  // How often the worker at this place comes first, in a thousand draws.
  [[nodiscard]] int first_permille(std::size_t place) {
    int count = 0;
    for (int i = 0; i < 1000; ++i) count += draw().front() == place ? 1 : 0;
    return count;
  }

  std::vector<Bytes> names;
  std::vector<std::vector<JudgedGpu>> proven;
  fakes::SeededRandom random{7};
};

bool is_about(int permille, int expected) { return std::abs(permille - expected) < 60; }

}  // namespace

TEST_CASE("every worker is drawn once, and second workers of a machine come after all first ones") {
  Fleet fleet;
  for (const char* machine : {"a", "a", "a", "b", "c"}) fleet.add(machine);
  for (int i = 0; i < 100; ++i) {
    std::vector<std::size_t> order = fleet.draw();
    std::vector<Bytes> first;
    for (std::size_t rank = 0; rank < 3; ++rank) first.push_back(fleet.names[order[rank]]);
    std::ranges::sort(first);
    CHECK(std::ranges::adjacent_find(first) == first.end());
    std::ranges::sort(order);
    CHECK_EQ(order, std::vector<std::size_t>{0, 1, 2, 3, 4});
  }
  CHECK(fleet.draw() != fleet.draw());
  CHECK(Fleet().draw().empty());
}

TEST_CASE("a machine comes first by its share of the GPUs that are proven, not of the workers") {
  Fleet fleet;
  fleet.add("eight", {1, 2, 3, 4, 5, 6, 7, 8});
  fleet.add("one", {9});
  fleet.add("none");  // as one with one
  CHECK(is_about(fleet.first_permille(0), 800));
  CHECK(is_about(fleet.first_permille(1), 100));
  CHECK(is_about(fleet.first_permille(2), 100));
}

TEST_CASE("guests that prove the same GPUs, and machines that do, count each GPU once") {
  Fleet guests;
  guests.add("a", {1});
  guests.add("a", {1});
  guests.add("a", {1});
  guests.add("b", {2});
  CHECK(is_about(guests.first_permille(3), 500));

  Fleet parted;  // a machine's GPUs are those of all its guests
  parted.add("a", {1, 2});
  parted.add("a", {3});
  parted.add("b", {4});
  CHECK(is_about(parted.first_permille(2), 250));

  Fleet copied;  // one of the two has them, whichever is looked at first
  copied.add("a", {1, 2, 3});
  copied.add("b", {1, 2, 3});
  CHECK(is_about(copied.first_permille(0), 500));
}
