#include "channel/price.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <random>

#include "channel/vectors_test.h"

namespace cocoon::channel {
namespace {

using namespace cocoon::testing;
using provenance::TokenBuckets;

NanoTon nano(std::uint64_t value) { return NanoTon::from_nano(value).value(); }

// Any magnitude is as likely as another.
std::uint64_t draw(std::mt19937_64& random, unsigned bits_max) {
  const auto bits = static_cast<unsigned>(random() % (bits_max + 1));
  return bits == 0 ? 0 : random() >> (64 - bits);
}

WorkerTerms draw_terms(std::mt19937_64& random) {
  const auto price = [&] { return nano(std::min(draw(random, 50), kPriceNanoMax)); };
  return {.input = price(),
          .cached = price(),
          .output = price(),
          .reasoning = price(),
          .minimum = price()};
}

provenance::TokenUsage draw_usage(std::mt19937_64& random, unsigned bits_max) {
  const std::uint64_t input = draw(random, bits_max);
  const std::uint64_t output = draw(random, bits_max);
  const auto part = [&](std::uint64_t whole) {
    return TokenCount(whole == std::numeric_limits<std::uint64_t>::max() ? random()
                                                                         : random() % (whole + 1));
  };
  return {.input = TokenCount(input),
          .cached = part(input),
          .output = TokenCount(output),
          .reasoning = part(output)};
}

std::uint64_t number_of(const codec::Json& digits) {
  std::uint64_t value = 0;
  std::from_chars(digits.as_string()->data(),
                  digits.as_string()->data() + digits.as_string()->size(), value);
  return value;
}

void check_amount(const Result<NanoTon>& found, const std::string& expected) {
  if (expected == "refused") {
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().is(ChannelError::kAmount));
  } else {
    REQUIRE(found.has_value());
    CHECK_EQ(std::to_string(found->nano()), expected);
  }
}

TEST_CASE("prices and totals are what arbitrary-precision integers give") {
  const codec::Json all = read_json("tests/data/formats/terms.json");
  for (const codec::Json& sheet : items(all, "worker_terms")) {
    const WorkerTerms terms = WorkerTerms::decode(hex(sheet, "payload")).value();
    for (const codec::Json& priced : items(sheet, "prices")) {
      const auto& counts = items(priced, "buckets");
      const TokenBuckets buckets{.input = number_of(counts[0]),
                                 .cached = number_of(counts[1]),
                                 .output = number_of(counts[2]),
                                 .reasoning = number_of(counts[3])};
      check_amount(price_of(buckets, terms), text(priced, "price"));
    }
  }
  for (const codec::Json& sheet : items(all, "proxy_terms")) {
    const ProxyTerms terms = ProxyTerms::decode(hex(sheet, "payload")).value();
    for (const codec::Json& priced : items(sheet, "totals")) {
      check_amount(with_fee(nano(vectors::decimal(priced, "price")), terms), text(priced, "total"));
    }
  }
}

TEST_CASE("nothing costs nothing, and anything the minimum at least") {
  WorkerTerms terms;
  terms.minimum = nano(7);
  CHECK(price_of({}, terms) == nano(0));
  CHECK(price_of({.input = 1}, terms) == nano(7));
  CHECK(price_of({.output = 1}, terms) == nano(7));
}

TEST_CASE("a fraction of a nano is a nano, once") {
  WorkerTerms terms;
  terms.input = nano(1);
  terms.output = nano(1);
  CHECK(price_of({.input = 1, .output = 1}, terms) == nano(1));
  terms.input = nano(15'625);  // 4 nano a bucket
  CHECK(price_of({.input = 1}, terms) == nano(4));
  CHECK(price_of({.input = 1, .output = 1}, terms) == nano(5));
  CHECK(with_fee(nano(1), {.fee_basis_points = 1}) == nano(2));
  CHECK(with_fee(nano(10'000), {.fee_basis_points = 1}) == nano(10'001));
}

TEST_CASE("parts that exceed their whole, absurd prices and absurd counts are refused") {
  CHECK(price_of({.input = 1, .cached = 2}, {}).error().is(ChannelError::kMalformed));
  CHECK(price_of({.output = 1, .reasoning = 2}, {}).error().is(ChannelError::kMalformed));
  WorkerTerms absurd;
  absurd.reasoning = nano(kPriceNanoMax + 1);
  CHECK(price_of({.input = 1}, absurd).error().is(ChannelError::kAmount));
  CHECK(output_within(nano(1), {}, absurd).error().is(ChannelError::kAmount));
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  CHECK(price_of({.input = kMost}, {}).error().is(ChannelError::kAmount));
  CHECK(price_of({.output = kMost}, {}).error().is(ChannelError::kAmount));
  CHECK(price_max(TokenCount(kMost), TokenCount(kMost), {}) == nano(0));
  CHECK(with_fee(nano(1), {.fee_basis_points = 10'001}).error().is(ChannelError::kAmount));
}

TEST_CASE("no usage within the bounds costs more than the price that was authorised for them") {
  std::mt19937_64 random(1);
  std::size_t in_range = 0;
  for (int i = 0; i < 20'000; ++i) {
    const WorkerTerms terms = draw_terms(random);
    const provenance::TokenUsage usage = draw_usage(random, 64);
    const Result<NanoTon> most = price_max(usage.input, usage.output, terms);
    const Result<NanoTon> price = price_of(provenance::buckets_of(usage), terms);
    if (!most) continue;
    ++in_range;
    REQUIRE(price.has_value());
    CHECK(*price <= *most);
  }
  CHECK(in_range > 5'000);
}

TEST_CASE("more tokens never cost less") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20'000; ++i) {
    const WorkerTerms terms = draw_terms(random);
    const TokenBuckets buckets = provenance::buckets_of(draw_usage(random, 24));
    TokenBuckets more = buckets;
    more.input += draw(random, 8);
    more.output += draw(random, 8);
    CHECK(price_of(buckets, terms).value() <= price_of(more, terms).value());
  }
}

TEST_CASE("the output that an amount pays for is the most that it pays for") {
  std::mt19937_64 random(3);
  std::size_t exact = 0;
  for (int i = 0; i < 20'000; ++i) {
    const WorkerTerms terms = draw_terms(random);
    const NanoTon most = nano(draw(random, 62));
    const TokenCount input(draw(random, 24));
    const Result<TokenCount> output = output_within(most, input, terms);
    if (!output) {
      // Not even the input is paid for.
      const auto alone = price_max(std::max(input, TokenCount(1)), {}, terms);
      CHECK((!alone || *alone > most));
      continue;
    }
    const auto within = price_max(input, *output, terms);
    REQUIRE(within.has_value());
    CHECK(*within <= most);
    if (output->value() > (std::uint64_t{1} << 60U)) continue;
    const auto beyond = price_max(input, TokenCount(output->value() + 1), terms);
    CHECK((!beyond || *beyond > most));
    ++exact;
  }
  CHECK(exact > 5'000);
}

}  // namespace
}  // namespace cocoon::channel
