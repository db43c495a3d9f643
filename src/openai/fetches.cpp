#include "openai/fetches.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace cocoon::openai {
namespace {

using codec::Json;

// A refusal under way from the place it was found to the document's root.
struct Found {
  std::string path;
  std::string_view reason;
};
using Verdict = std::optional<Found>;

constexpr std::string_view kNotData =
    "must carry its media inside the request, as a data: URI: a worker fetches no URL and opens no "
    "file";
constexpr std::string_view kStoredFile =
    "names a stored file; there are none: send the bytes as a data: URI";
constexpr std::string_view kSerialized = "is a serialized tensor, which is not accepted";
constexpr std::string_view kHostedTool =
    "is a tool that runs on a server; only tools that the app runs itself are offered";

// Members that hold media: a URI, or an object around one.
constexpr std::string_view kMediaKeys[] = {
    "image_url",  "video_url",   "audio_url",   "file_url",    "image",  "video",  "audio", "file",
    "input_file", "input_image", "input_audio", "input_video", "images", "videos", "audios"};
// Members of such an object whose text an engine may resolve.
constexpr std::string_view kLocatorKeys[] = {"url", "uri", "href", "src", "source", "path"};
// Members that carry the bytes themselves.
constexpr std::string_view kPayloadKeys[] = {"data", "file_data", "base64", "b64_json"};
constexpr std::string_view kTensorKeys[] = {"image_embeds", "audio_embeds", "video_embeds",
                                            "prompt_embeds"};
// Schemas, labels and texts that no engine resolves; they may name anything.
constexpr std::string_view kOpaqueKeys[] = {
    "arguments",   "annotations", "parameters",         "tools",           "functions", "metadata",
    "json_schema", "guided_json", "structured_outputs", "response_format", "schema",    "format"};
// Tools that the app runs when the model calls them.
constexpr std::string_view kAppTools[] = {"function",    "custom",   "local_shell",         "shell",
                                          "apply_patch", "computer", "computer_use_preview"};

bool is_among(std::string_view key, auto& keys) {
  return std::ranges::find(keys, key) != std::end(keys);
}

bool is_data_uri(std::string_view text) { return text.starts_with("data:"); }

// Base64 as engines take it in place of a data: URI. They go by how a text begins.
bool is_plain_base64(std::string_view text) {
  return !text.starts_with("http") && std::ranges::all_of(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '-' || c == '_' || c == '=' || c == '\n' || c == '\r';
  });
}

Verdict within(std::string_view key, Verdict found) {
  if (found) {
    const bool is_list = found->path.empty() || found->path.starts_with('[');
    found->path = std::string(key) + (is_list ? "" : ".") + found->path;
  }
  return found;
}

Verdict within(std::size_t index, Verdict found) {
  if (found) {
    const bool is_list = found->path.empty() || found->path.starts_with('[');
    found->path = "[" + std::to_string(index) + "]" + (is_list ? "" : ".") + found->path;
  }
  return found;
}

Verdict check_media_members(const Json::Object& members);

// A value that stands for media.
Verdict check_media(const Json& value) {
  if (const std::string* text = value.as_string()) {
    return is_data_uri(*text) ? Verdict() : Verdict(Found{.path = {}, .reason = kNotData});
  }
  if (const Json::Array* list = value.as_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (Verdict found = within(i, check_media((*list)[i]))) return found;
    }
  }
  if (const Json::Object* members = value.as_object()) return check_media_members(*members);
  return std::nullopt;
}

Verdict check_media_text(std::string_view key, std::string_view text) {
  Found refused{.path = {}, .reason = kNotData};
  if (is_data_uri(text)) return std::nullopt;
  if (is_among(key, kMediaKeys) || is_among(key, kLocatorKeys)) return refused;
  if (is_among(key, kPayloadKeys) && !is_plain_base64(text)) return refused;
  if (text.find("://") != std::string_view::npos && key != "text") return refused;
  return std::nullopt;
}

Verdict check_media_members(const Json::Object& members) {
  for (const auto& [key, value] : members) {
    if (is_among(key, kOpaqueKeys)) continue;
    Verdict found;
    if (const std::string* text = value.as_string()) {
      found = check_media_text(key, *text);
    } else {
      found = check_media(value);
    }
    if (found) return within(key, std::move(found));
  }
  return std::nullopt;
}

// A content part that says it is media, whatever its members are called.
bool is_media_part(const Json& object) {
  const Json* type = object.find("type");
  const std::string* name = type == nullptr ? nullptr : type->as_string();
  if (name == nullptr) return false;
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{"image", "audio", "video", "file", "document"},
      [&](std::string_view media) { return name->contains(media); });
}

Verdict walk(const Json& value) {
  if (const Json::Array* list = value.as_array()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      if (Verdict found = within(i, walk((*list)[i]))) return found;
    }
    return std::nullopt;
  }
  const Json::Object* members = value.as_object();
  if (members == nullptr) return std::nullopt;
  if (is_media_part(value)) {
    if (Verdict found = check_media_members(*members)) return found;
  }
  for (const auto& [key, member] : *members) {
    if (is_among(key, kOpaqueKeys) || member.is_null()) continue;
    Verdict found;
    if (key == "file_id") {
      found = Found{.path = {}, .reason = kStoredFile};
    } else if (is_among(key, kTensorKeys)) {
      found = Found{.path = {}, .reason = kSerialized};
    } else if (is_among(key, kMediaKeys)) {
      found = check_media(member);
    }
    if (!found) found = walk(member);
    if (found) return within(key, std::move(found));
  }
  return std::nullopt;
}

Verdict check_tools(const Json& document) {
  const Json* tools = document.find("tools");
  if (tools == nullptr || tools->as_array() == nullptr) return std::nullopt;
  for (std::size_t i = 0; i < tools->as_array()->size(); ++i) {
    const Json* type = (*tools->as_array())[i].find("type");
    const std::string* name = type == nullptr ? nullptr : type->as_string();
    if (name != nullptr && !is_among(*name, kAppTools)) {
      return within("tools", within(i, Found{.path = "type", .reason = kHostedTool}));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ApiError> refuse_fetches(const Json& document) {
  Verdict found = check_tools(document);
  if (!found) found = walk(document);
  if (!found) return std::nullopt;
  return invalid_parameter(found->path,
                           "'" + found->path + "' " + std::string(found->reason) + ".");
}

}  // namespace cocoon::openai
