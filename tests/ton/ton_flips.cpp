// Flips bits of a recorded answer one at a time: each must be refused or leave the report as it
// was.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "ton/proof/recording.h"

namespace cocoon::ton {
namespace {

// Where the recording's hexadecimal digits are: all of a TL answer's; of a name=value read, those
// of its proofs.
std::vector<std::size_t> digits_of(const std::string& text) {
  std::vector<std::size_t> digits;
  const bool has_names = text.find("\nproof=") != std::string::npos;
  std::size_t line = 0;
  while (line < text.size()) {
    const std::size_t end = std::min(text.find('\n', line), text.size());
    const std::string_view content(text.data() + line, end - line);
    std::size_t from = content.starts_with('#') ? content.size() : 0;
    if (has_names && from == 0) {
      const std::string_view name = content.substr(0, content.find('='));
      const bool is_taken = name == "shard_proof" || name == "proof" || name == "state";
      from = is_taken ? name.size() + 1 : content.size();
    }
    for (std::size_t i = from; i < content.size(); ++i) {
      if (std::isxdigit(static_cast<unsigned char>(content[i])) != 0) digits.push_back(line + i);
    }
    line = end + 1;
  }
  return digits;
}

struct Counts {
  std::atomic<std::size_t> refused{0};
  std::atomic<std::size_t> unchanged{0};
  std::atomic<std::size_t> accepted{0};
};

void flip(const std::string& text, std::size_t digit, unsigned bit, const std::string& expected,
          Counts& counts) {
  std::string changed = text;
  const auto value = std::to_integer<unsigned>(from_hex(std::string("0") + text[digit]).value()[0]);
  changed[digit] = "0123456789abcdef"[value ^ (1U << bit)];
  const RecordingReport report = check_recording(changed);
  if (report.verdict != Verdict::kHolds) {
    ++counts.refused;
  } else if (codec::write_json(report.json) == expected) {
    ++counts.unchanged;
  } else {
    ++counts.accepted;
    fmt::print("bit {} of the digit at {}: {}\n", bit, digit, codec::write_json(report.json));
  }
}

int run(const std::string& file, std::size_t limit) {
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  const RecordingReport whole = check_recording(text);
  if (whole.verdict != Verdict::kHolds) {
    fmt::print("{} does not hold as it is\n", file);
    return 2;
  }
  const std::string expected = codec::write_json(whole.json);
  const std::vector<std::size_t> digits = digits_of(text);
  const std::size_t bits = digits.size() * 4;
  const std::size_t count = limit == 0 ? bits : std::min(limit, bits);
  Counts counts;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      // A multiplicative walk over all bits: each at most once, spread evenly.
      const std::size_t bit = count == bits ? i : i * 2'654'435'761U % bits;
      flip(text, digits[bit / 4], static_cast<unsigned>(bit % 4), expected, counts);
    }
  };
  std::vector<std::jthread> workers;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
    workers.emplace_back(work);
  work();
  workers.clear();
  fmt::print("{}: {} bits flipped, {} refused, {} without effect, {} accepted\n", file, count,
             counts.refused.load(), counts.unchanged.load(), counts.accepted.load());
  return counts.accepted == 0 && counts.refused + counts.unchanged == count ? 0 : 1;
}

}  // namespace
}  // namespace cocoon::ton

int main(int argc, char** argv) {
  std::size_t limit = 0;
  if (argc != 3 || std::from_chars(argv[2], argv[2] + std::string_view(argv[2]).size(), limit).ec !=
                       std::errc()) {
    (void)std::fprintf(stderr, "ton_flips FILE COUNT\n");
    return 2;
  }
  return cocoon::ton::run(argv[1], limit);
}
