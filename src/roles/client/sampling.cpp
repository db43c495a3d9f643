#include "roles/client/sampling.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>
#include <set>

namespace cocoon::client {
namespace {

struct Machine {
  std::vector<std::size_t> workers;  // in a drawn order
  std::size_t gpus = 0;

  [[nodiscard]] std::size_t weight() const { return std::max<std::size_t>(gpus, 1); }
};

std::vector<std::size_t> shuffled(std::size_t count, ports::Random& random) {
  std::vector<std::size_t> out(count);
  std::iota(out.begin(), out.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) std::swap(out[i - 1], out[random_below(random, i)]);
  return out;
}

std::vector<Machine> machines_of(std::span<const Offered> workers, ports::Random& random) {
  std::map<Bytes, Machine> machines;
  std::set<attest::nvidia::GpuId> counted;
  for (const std::size_t place : shuffled(workers.size(), random)) {
    Machine& machine = machines[to_bytes(workers[place].platform_id)];
    machine.workers.push_back(place);
    for (const attest::nvidia::JudgedGpu& gpu : workers[place].gpus) {
      if (counted.insert(gpu.id).second) ++machine.gpus;
    }
  }
  std::vector<Machine> out;
  out.reserve(machines.size());
  for (auto& [id, machine] : machines) out.push_back(std::move(machine));
  return out;
}

// One after the other, each by its share of the weight that is left.
std::vector<Machine> drawn_by_weight(std::vector<Machine> machines, ports::Random& random) {
  std::vector<Machine> out;
  while (!machines.empty()) {
    std::size_t all = 0;
    for (const Machine& machine : machines) all += machine.weight();
    std::size_t ticket = random_below(random, all);
    auto drawn = machines.begin();
    while (ticket >= drawn->weight()) {
      ticket -= drawn->weight();
      ++drawn;
    }
    out.push_back(std::move(*drawn));
    machines.erase(drawn);
  }
  return out;
}

}  // namespace

std::vector<std::size_t> draw_order(std::span<const Offered> workers, ports::Random& random) {
  const std::vector<Machine> machines = drawn_by_weight(machines_of(workers, random), random);
  std::vector<std::size_t> out;
  for (std::size_t rank = 0; out.size() < workers.size(); ++rank) {
    for (const Machine& machine : machines) {
      if (rank < machine.workers.size()) out.push_back(machine.workers[rank]);
    }
  }
  return out;
}

std::size_t random_below(ports::Random& random, std::size_t bound) {
  // 64 random bits leave no bias worth speaking of at these sizes.
  const ByteArray<8> draw = random.array<8>();
  std::uint64_t value = 0;
  std::memcpy(&value, draw.data(), sizeof(value));
  return static_cast<std::size_t>(value % bound);
}

}  // namespace cocoon::client
