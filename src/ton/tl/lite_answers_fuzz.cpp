#include "base/check.h"
#include "ton/tl/consensus.h"
#include "ton/tl/lite_answers.h"

// Every parser of answers ends in a value; what parses is within the answer's own bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::ton;
  const BytesView bytes = std::as_bytes(std::span(data, size));
  if (const auto proof = parse_partial_block_proof(bytes)) {
    for (const auto& step : proof->steps) {
      const auto* const link = std::get_if<ForwardLink>(&step);
      if (link == nullptr) continue;
      COCOON_CHECK(link->dest_proof.size() + link->config_proof.size() <= size);
      if (link->signatures.simplex) (void)simplex_signed_bytes(*link->signatures.simplex, link->to);
    }
  }
  if (const auto state = parse_account_state(bytes)) {
    TlWriter again;
    again.raw(bytes.first(4));
    write_block_id(again, state->block);
    write_block_id(again, state->shard_block);
    again.bytes(state->shard_proof).bytes(state->proof).bytes(state->state);
    COCOON_CHECK(equal(std::move(again).take(), bytes));
  }
  (void)parse_masterchain_info(bytes);
  (void)parse_transaction_list(bytes);
  (void)parse_block_header(bytes);
  (void)parse_send_status(bytes);
  (void)parse_lite_error(bytes);
  return 0;
}
