#include "channel/price.h"

#include <algorithm>
#include <limits>

namespace cocoon::channel {
namespace {

using provenance::kInputBucketTokens;
using provenance::kOutputBucketTokens;
using provenance::TokenBuckets;

// Micronano: nano for a million tokens, times tokens. With prices of 2^50 at most and tokens of
// four kinds in 64 bits each, sums stay below 2^117.
using Wide = unsigned __int128;

constexpr std::uint64_t kBasis = 10'000;

std::unexpected<Error> out_of_range() {
  return fail(ChannelError::kAmount, "a price outside the coin's range");
}

Result<NanoTon> narrow(Wide nano) {
  if (nano > NanoTon::kMax) return out_of_range();
  return NanoTon::from_nano(static_cast<std::uint64_t>(nano));
}

// Terms that were made by hand may not have passed decode().
Status check(const WorkerTerms& terms) {
  for (const NanoTon price :
       {terms.input, terms.cached, terms.output, terms.reasoning, terms.minimum}) {
    if (price.nano() > kPriceNanoMax) return fail(ChannelError::kAmount, "an absurd price");
  }
  return {};
}

// Buckets are counts of tokens that fit 64 bits, so neither is above this.
Status check(const TokenBuckets& buckets) {
  constexpr std::uint64_t kTokensMax = std::numeric_limits<std::uint64_t>::max();
  if (buckets.input > kTokensMax / kInputBucketTokens + 1 ||
      buckets.output > kTokensMax / kOutputBucketTokens + 1) {
    return out_of_range();
  }
  if (buckets.cached > buckets.input || buckets.reasoning > buckets.output)
    return fail(ChannelError::kMalformed, "a part of the tokens that exceeds the whole");
  return {};
}

Wide micronano(std::uint64_t buckets, std::uint64_t bucket_tokens, NanoTon price) {
  return Wide{buckets} * bucket_tokens * price.nano();
}

Result<NanoTon> rounded(Wide micro, NanoTon minimum) {
  const Wide nano = micro / kTokensPerPrice + (micro % kTokensPerPrice != 0 ? 1 : 0);
  return narrow(std::max(nano, Wide{minimum.nano()}));
}

TokenBuckets wholes(TokenCount input, TokenCount output) {
  return provenance::buckets_of({.input = input, .cached = {}, .output = output, .reasoning = {}});
}

}  // namespace

Result<NanoTon> price_of(const TokenBuckets& buckets, const WorkerTerms& terms) {
  TRY_VOID(check(terms));
  TRY_VOID(check(buckets));
  if (buckets.input == 0 && buckets.output == 0) return NanoTon();
  const Wide micro =
      micronano(buckets.input - buckets.cached, kInputBucketTokens, terms.input) +
      micronano(buckets.cached, kInputBucketTokens, terms.cached) +
      micronano(buckets.output - buckets.reasoning, kOutputBucketTokens, terms.output) +
      micronano(buckets.reasoning, kOutputBucketTokens, terms.reasoning);
  return rounded(micro, terms.minimum);
}

Result<NanoTon> price_max(TokenCount input, TokenCount output, const WorkerTerms& terms) {
  WorkerTerms dearest = terms;
  dearest.input = std::max(terms.input, terms.cached);
  dearest.output = std::max(terms.output, terms.reasoning);
  return price_of(wholes(input, output), dearest);
}

Result<TokenCount> output_within(NanoTon most, TokenCount input, const WorkerTerms& terms) {
  TRY_VOID(check(terms));
  const Wide budget = Wide{most.nano()} * kTokensPerPrice;
  const Wide of_input =
      micronano(wholes(input, {}).input, kInputBucketTokens, std::max(terms.input, terms.cached));
  if (most < terms.minimum || of_input > budget)
    return fail(ChannelError::kAmount, "the input alone may cost more than that");
  const Wide bucket = micronano(1, kOutputBucketTokens, std::max(terms.output, terms.reasoning));
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  if (bucket == 0) return TokenCount(kMost);
  const Wide tokens = (budget - of_input) / bucket * kOutputBucketTokens;
  return TokenCount(static_cast<std::uint64_t>(std::min(tokens, Wide{kMost})));
}

Result<NanoTon> with_fee(NanoTon price, const ProxyTerms& terms) {
  if (terms.fee_basis_points > kFeeBasisPointsMax)
    return fail(ChannelError::kAmount, "a fee above the price itself");
  const Wide parts = Wide{price.nano()} * terms.fee_basis_points;
  return narrow(Wide{price.nano()} + parts / kBasis + (parts % kBasis != 0 ? 1 : 0));
}

}  // namespace cocoon::channel
