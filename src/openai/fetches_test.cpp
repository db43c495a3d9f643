#include "openai/fetches.h"

#include <doctest/doctest.h>

namespace cocoon::openai {
namespace {

std::optional<ApiError> check(std::string_view document) {
  const auto json = codec::parse_json(document);
  REQUIRE(json.has_value());
  return refuse_fetches(*json);
}

std::optional<ApiError> check_part(std::string_view part) {
  return check(R"({"model":"m","messages":[{"role":"user","content":[)" + std::string(part) +
               "]}]}");
}

TEST_CASE("media inside the request are welcome") {
  for (
      const std::string_view part : {
          R"({"type":"text","text":"see https://example.org/a.png and file:///etc/passwd"})",
          R"({"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0=","detail":"low"}})",
          R"({"type":"image_url","image_url":"data:image/png;base64,iVBORw0="})",
          R"({"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}})",
          R"({"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AA=="}})",
          R"({"type":"file","file":{"filename":"a.pdf","file_data":"JVBERi0="}})",
          R"({"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"auto"})",
          R"({"type":"input_file","filename":"a","file_id":null,"file_data":"data:;base64,AA=="})",
          R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}})",
      }) {
    CAPTURE(part);
    CHECK_FALSE(check_part(part).has_value());
  }
}

TEST_CASE("whatever would be fetched, opened or looked up is refused") {
  for (const std::string_view part : {
           R"({"type":"image_url","image_url":{"url":"https://example.org/a.png"}})",
           R"({"type":"image_url","image_url":{"url":"http://169.254.169.254/"}})",
           R"({"type":"image_url","image_url":{"url":"HTTP://example.org"}})",
           R"({"type":"image_url","image_url":{"url":" https://example.org"}})",
           R"({"type":"image_url","image_url":{"url":"file:///etc/passwd"}})",
           R"({"type":"image_url","image_url":{"url":"/etc/passwd"}})",
           R"({"type":"image_url","image_url":{"url":"//example.org/a"}})",
           R"({"type":"image_url","image_url":"https://example.org/a.png"})",
           R"({"image_url":"https://example.org/a.png"})",
           R"({"type":"image_url","image_url":{"url":""}})",
           R"({"type":"image_url","image_url":{"url":{"url":"https://example.org"}}})",
           R"({"type":"video_url","video_url":{"url":"rtsp://example.org"}})",
           R"({"type":"audio_url","audio_url":{"url":"ftp://example.org"}})",
           R"({"type":"input_audio","input_audio":{"url":"https://example.org/a.wav"}})",
           R"({"type":"input_audio","input_audio":{"data":"https://example.org/a.wav"}})",
           R"({"type":"input_audio","input_audio":{"data":"file://a.wav"}})",
           R"({"type":"input_audio","input_audio":{"data":"httpexample"}})",
           R"({"type":"input_video","input_video":{"data":"http://example.org/a.mp4"}})",
           R"({"type":"input_image","image_url":"https://example.org/a.png"})",
           R"({"type":"input_image","file_id":"file-1"})",
           R"({"type":"input_file","file_url":"https://example.org/a.pdf"})",
           R"({"type":"file","file":{"file_id":"file-1"}})",
           R"({"type":"image","image":"/srv/a.png"})",
           R"({"type":"image","url":"https://example.org"})",
           R"({"type":"image","source":{"type":"url","url":"https://example.org"}})",
           R"({"type":"image","urls":["https://example.org"]})",
           R"({"type":"image_embeds","image_embeds":"AA=="})",
           R"({"type":"text","text":"x","image":["data:;,","https://example.org"]})",
       }) {
    CAPTURE(part);
    const auto refusal = check_part(part);
    REQUIRE(refusal.has_value());
    CHECK(refusal->status == 400);
    CHECK(refusal->param->starts_with("messages[0].content[0]"));
  }
}

TEST_CASE("the refusal says where") {
  const auto refusal =
      check(R"({"input":[{"role":"user","content":[{"type":"input_text","text":"a"},)"
            R"({"type":"input_image","image_url":"https://x"}]}]})");
  REQUIRE(refusal.has_value());
  CHECK(refusal->param == "input[0].content[1].image_url");
  CHECK(refusal->message.contains("data: URI"));
}

TEST_CASE("media are looked for at any depth, in tool results too") {
  CHECK(check(R"({"input":[{"type":"function_call_output","call_id":"c","output":[)"
              R"({"type":"input_image","image_url":"https://x"}]}]})")
            .has_value());
  CHECK(check(R"({"input":[{"type":"computer_call_output","output":)"
              R"({"type":"computer_screenshot","image_url":"https://x"}}]})")
            .has_value());
  CHECK(check(R"({"prompt":{"prompt_string":"x","image_url":"https://x"}})").has_value());
  CHECK(check(R"({"messages":[[[{"content":{"image_url":{"url":"https://x"}}}]]]})").has_value());
}

TEST_CASE("schemas, labels and citations may name any URL") {
  CHECK_FALSE(check(R"({"messages":[{"role":"assistant","content":"c","annotations":[{"type":)"
                    R"("url_citation","url":"https://x","file_id":"f"}],"tool_calls":[{"function":)"
                    R"({"name":"f","arguments":{"image_url":"https://x"}}}]}],)"
                    R"("metadata":{"image_url":"https://x","file_id":"f"},)"
                    R"("text":{"format":{"type":"json_schema","schema":{"properties":)"
                    R"({"image":{"description":"https://x"}}}}},"user":"https://x",)"
                    R"("audio":{"voice":"alloy","format":"wav"}})")
                  .has_value());
}

TEST_CASE("tools that would run on the server are refused") {
  const auto tool = [](std::string_view type) {
    return check(R"({"tools":[{"type":"function","name":"f"},{"type":")" + std::string(type) +
                 R"(","server_url":"https://x"}]})");
  };
  for (const std::string_view type :
       {"mcp", "web_search", "web_search_preview", "web_search_preview_2025_03_11", "file_search",
        "code_interpreter", "image_generation", "anything_new"}) {
    const auto refusal = tool(type);
    REQUIRE(refusal.has_value());
    CHECK(refusal->param == "tools[1].type");
  }
  for (const std::string_view type : {"function", "custom", "local_shell", "apply_patch"}) {
    CHECK_FALSE(tool(type).has_value());
  }
}

}  // namespace
}  // namespace cocoon::openai
