#pragma once

#include "codec/json.h"
#include "provenance/bill.h"
#include "provenance/receipt.h"

// One answer with fixed keys and secrets, from which the vectors of tests/data/formats are made.
namespace cocoon::provenance::example {

inline constexpr std::string_view kPrompt =
    R"({"messages":[{"role":"user","content":"What is the capital of France?"}]})";
inline constexpr std::string_view kParams = R"({"model":"smollm2-135m-instruct","temperature":0})";

struct Piece {
  OutputRun run;
  std::string text;
};

[[nodiscard]] crypto::Ed25519KeyPair identity();
[[nodiscard]] SecretArray<32> response_secret();
[[nodiscard]] SaltRoot salts();
[[nodiscard]] std::vector<Piece> answer();
[[nodiscard]] OutputTree output_tree();
[[nodiscard]] Receipt receipt();
[[nodiscard]] Bill bill();

// Fails the test, with the document that would be right, unless the file holds exactly this
// document.
void check_vector(const std::string& path, const codec::Json& expected);

}  // namespace cocoon::provenance::example
