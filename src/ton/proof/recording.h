#pragma once

#include <string_view>

#include "codec/json.h"
#include "ton/proof/account_proof.h"
#include "ton/proof/block_proof.h"

namespace cocoon::ton {

// A lite-server's answer, kept as text (docs/formats/ton.md): hexadecimal digits of a TL answer
// over any number of lines, or name=value lines of an account read. Lines that begin with # are
// comments; an address in one says whose state was asked for.
struct Recording {
  std::variant<PartialBlockProof, AccountStateAnswer> answer;  // borrows from `bytes`
  std::optional<Address> account;
  std::vector<Bytes> bytes;
};

enum class Verdict : std::uint8_t { kHolds, kRefused, kUnusable };

// What a recording proves by itself: the chain of blocks it links, or an account's state at the
// block it names. `account` is whose state was asked for, if the caller knows.
struct RecordingReport {
  Verdict verdict = Verdict::kUnusable;
  codec::Json json;  // {"ok":…,"kind":…,"reason":…,…}, docs/formats/ton.md
};
[[nodiscard]] RecordingReport check_recording(std::string_view text,
                                              const std::optional<Address>& account = {});

[[nodiscard]] codec::Json json_of(const CheckedChain& chain);
[[nodiscard]] codec::Json json_of(const ProvenAccount& account);

// Inside this room and for tests.
[[nodiscard]] Result<Recording> parse_recording(std::string_view text);
[[nodiscard]] AnswerKind recording_kind(std::string_view text);

}  // namespace cocoon::ton
