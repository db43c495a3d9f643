#include "openai/token_list.h"

#include <doctest/doctest.h>

#include "openai/error.h"

using namespace cocoon;
using namespace cocoon::openai;

TEST_CASE("tokens are counted over all choices and their list is taken out") {
  const auto chat = take_token_list(as_bytes(
      R"({"choices":[{"index":0,"logprobs":{"content":[{"token":"a"},{"token":"b"}]},"message":{}},)"
      R"({"index":1,"logprobs":{"content":[{"token":"c"}]}}],"usage":{"completion_tokens":2}})"));
  REQUIRE(chat.has_value());
  CHECK_EQ(chat->tokens, 3);
  CHECK_EQ(as_text(chat->rest),
           R"({"choices":[{"index":0,"message":{}},{"index":1}],"usage":{"completion_tokens":2}})");
  const auto completion = take_token_list(as_bytes(
      R"({"choices":[{"text":"ab","logprobs":{"tokens":["a","b"],"top_logprobs":[1]}}]})"));
  REQUIRE(completion.has_value());
  CHECK_EQ(completion->tokens, 2);
}

TEST_CASE("an answer that lists no tokens has none to count") {
  for (const std::string_view body :
       {R"({})", R"({"choices":null})",
        R"({"choices":[1,{"logprobs":null},{"logprobs":{"content":7}}]})"}) {
    const auto taken = take_token_list(as_bytes(body));
    REQUIRE(taken.has_value());
    CHECK_EQ(taken->tokens, 0);
  }
  CHECK(take_token_list(as_bytes("[]")).error().is(OpenaiError::kBadAnswer));
  CHECK(take_token_list(as_bytes("{")).error().is(OpenaiError::kBadAnswer));
}
