#pragma once

#include "channel/terms.h"
#include "provenance/bill.h"

// What requests cost, in whole nano (docs/formats/terms.md). Sums are 128 bits wide; one division
// at the end rounds up, by less than one nano. Nothing wraps: kAmount for what leaves NanoTon's
// range.
namespace cocoon::channel {

// Nothing for no token at all, else at least the minimum. kMalformed where a part exceeds its
// whole.
[[nodiscard]] Result<NanoTon> price_of(const provenance::TokenBuckets& buckets,
                                       const WorkerTerms& terms);
// The most that up to this many tokens can cost, however many of them are cached or reasoning.
[[nodiscard]] Result<NanoTon> price_max(TokenCount input, TokenCount output,
                                        const WorkerTerms& terms);
// How many output tokens, reasoning or not, never cost more than `most` behind this input: whole
// buckets, 2^64-1 tokens where output is free. kAmount if the input alone costs more.
[[nodiscard]] Result<TokenCount> output_within(NanoTon most, TokenCount input,
                                               const WorkerTerms& terms);
// price + price × basis points / 10,000, the fee rounded up.
[[nodiscard]] Result<NanoTon> with_fee(NanoTon price, const ProxyTerms& terms);

}  // namespace cocoon::channel
