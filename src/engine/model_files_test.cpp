#include "engine/model_files.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "async/task.h"
#include "codec/json.h"
#include "engine/model_tree.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::engine;
using cocoon::testing::TempFolder;
using ports::EngineError;

namespace {

void write(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}
std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    text[i] = static_cast<char>(i * 31 + (i >> 8U) * 7 + (i >> 16U));
  return text;
}
ModelHash hash_of(const std::filesystem::path& path) {
  const auto identity = hash_for_registry(path);
  REQUIRE(identity.has_value());
  return identity->hash;
}
unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 07777U;
}

const codec::Json& member(const codec::Json& object, std::string_view name) {
  const codec::Json* found = object.find(name);
  REQUIRE(found != nullptr);
  return *found;
}

struct Vector {
  std::string name;
  std::vector<std::pair<std::string, std::string>> files;  // path, content
  std::vector<std::string> roots;
  std::string hash;
};

std::vector<Vector> vectors() {
  const auto document = codec::parse_json(read("tests/data/formats/model.json"));
  REQUIRE(document.has_value());
  std::vector<Vector> out;
  for (const codec::Json& each : *member(*document, "cases").as_array()) {
    Vector vector{.name = *member(each, "name").as_string(),
                  .files = {},
                  .roots = {},
                  .hash = *member(each, "hash").as_string()};
    for (const codec::Json& file : *member(each, "files").as_array()) {
      const codec::Json* text = file.find("text");
      std::string content = text != nullptr
                                ? *text->as_string()
                                : pattern(std::stoul(member(file, "size").as_number()->text));
      vector.files.emplace_back(*member(file, "path").as_string(), std::move(content));
      vector.roots.push_back(*member(file, "root").as_string());
    }
    out.push_back(std::move(vector));
  }
  return out;
}

}  // namespace

TEST_CASE(
    "model hashes and file roots equal the vectors, copied or in place, on any number of threads") {
  const auto all = vectors();
  REQUIRE_GE(all.size(), 6U);
  for (const Vector& vector : all) {
    CAPTURE(vector.name);
    const TempFolder folder;
    for (const auto& [path, content] : vector.files) write(folder / "model" / path, content);
    CHECK_EQ(hash_of(folder / "model").hex(), vector.hash);
    const auto copied = copy_and_hash(folder / "model", folder / "copy",
                                      {.progress = {}, .threads = 3, .stop = {}});
    REQUIRE(copied.has_value());
    CHECK_EQ(copied->hash.hex(), vector.hash);
    for (std::size_t i = 0; i < vector.files.size(); ++i) {
      const auto& path = vector.files[i].first;
      CHECK_EQ(read(copied->folder / path), vector.files[i].second);
      const auto file = std::ranges::find(copied->files, path, &ModelFile::path);
      REQUIRE(file != copied->files.end());
      CHECK_EQ(file->root.hex(), vector.roots[i]);
    }
  }
}

TEST_CASE("a file and a folder that holds only it are the same model") {
  const TempFolder folder;
  write(folder / "model" / "a.gguf", "weights");
  CHECK_EQ(hash_of(folder / "model"), hash_of(folder / "model" / "a.gguf"));
  const auto copied = copy_and_hash(folder / "model" / "a.gguf", folder / "copy");
  REQUIRE(copied.has_value());
  CHECK_EQ(read(folder / "copy" / "a.gguf"), "weights");
  CHECK_EQ(gguf_file(*copied).value(), copied->folder / "a.gguf");
}

TEST_CASE("the order in which files were made does not matter") {
  const TempFolder folder;
  write(folder / "one" / "a", "1");
  write(folder / "one" / "b", "2");
  write(folder / "two" / "b", "2");
  write(folder / "two" / "a", "1");
  CHECK_EQ(hash_of(folder / "one"), hash_of(folder / "two"));
}

TEST_CASE("any changed byte, name, place or extra file makes another model") {
  const TempFolder folder;
  const std::string content = pattern(3 * kModelLeafBytes + 5);
  write(folder / "model" / "a", content);
  const ModelHash before = hash_of(folder / "model");
  for (const std::size_t at : {std::size_t{0}, kModelLeafBytes, content.size() - 1}) {
    std::string changed = content;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    write(folder / "model" / "a", changed);
    CHECK_NE(hash_of(folder / "model"), before);
  }
  write(folder / "model" / "a", content);
  CHECK_EQ(hash_of(folder / "model"), before);
  write(folder / "model" / ".hidden", "");
  CHECK_NE(hash_of(folder / "model"), before);
  std::filesystem::remove(folder / "model" / ".hidden");
  std::filesystem::rename(folder / "model" / "a", folder / "model" / "b");
  CHECK_NE(hash_of(folder / "model"), before);
  std::filesystem::create_directories(folder / "model" / "x");
  std::filesystem::rename(folder / "model" / "b", folder / "model" / "x" / "a");
  CHECK_NE(hash_of(folder / "model"), before);
}

TEST_CASE("refuses links and special files inside a model") {
  const TempFolder folder;
  write(folder / "outside", "secret");
  write(folder / "model" / "a", "1");
  std::filesystem::create_symlink("../outside", folder / "model" / "link");
  CHECK(copy_and_hash(folder / "model", folder / "copy").error().is(EngineError::kBadModel));
  std::filesystem::remove(folder / "model" / "link");
  std::filesystem::create_directory_symlink("..", folder / "model" / "up");
  CHECK(hash_for_registry(folder / "model").error().is(EngineError::kBadModel));
  std::filesystem::remove(folder / "model" / "up");
  REQUIRE_EQ(::mkfifo((folder / "model" / "pipe").c_str(), 0600), 0);
  CHECK(hash_for_registry(folder / "model").error().is(EngineError::kBadModel));
  CHECK(hash_for_registry(folder / "model" / "pipe").error().is(EngineError::kBadModel));
  std::filesystem::remove(folder / "model" / "pipe");
  CHECK(hash_for_registry(folder / "model").has_value());
}

TEST_CASE("refuses models that are absent, empty, too deep or of too many files") {
  const TempFolder folder;
  CHECK(hash_for_registry(folder / "nothing").error().is(EngineError::kBadModel));
  std::filesystem::create_directories(folder / "empty" / "still");
  CHECK(hash_for_registry(folder / "empty").error().is(EngineError::kBadModel));
  write(folder / "deep" / "1/2/3/4/5/6/7/8" / "a", "");
  CHECK(hash_for_registry(folder / "deep").has_value());
  write(folder / "deep" / "1/2/3/4/5/6/7/8/9" / "a", "");
  CHECK(hash_for_registry(folder / "deep").error().is(EngineError::kBadModel));
  for (std::size_t i = 0; i <= kModelFilesMax; ++i) write(folder / "many" / std::to_string(i), "");
  CHECK(hash_for_registry(folder / "many").error().is(EngineError::kBadModel));
}

TEST_CASE("the private copy is for us alone, and only into an empty folder") {
  const TempFolder folder;
  write(folder / "model" / "sub" / "a", "1");
  REQUIRE(copy_and_hash(folder / "model", folder / "copy").has_value());
  CHECK_EQ(mode_of(folder / "copy"), 0700U);
  CHECK_EQ(mode_of(folder / "copy" / "sub"), 0700U);
  CHECK_EQ(mode_of(folder / "copy" / "sub" / "a"), 0600U);
  CHECK(copy_and_hash(folder / "model", folder / "copy").error().is(EngineError::kBadModel));
  CHECK_EQ(read(folder / "copy" / "sub" / "a"), "1");  // what was there is left alone
  std::filesystem::create_directories(folder / "real");
  std::filesystem::create_directory_symlink("real", folder / "alias");
  CHECK(copy_and_hash(folder / "model", folder / "alias").error().is(EngineError::kBadModel));
}

TEST_CASE("progress only grows and ends at the whole") {
  const TempFolder folder;
  write(folder / "model" / "a", pattern(20 * kModelLeafBytes));
  write(folder / "model" / "b", "1");
  std::uint64_t last = 0;
  std::uint64_t whole = 0;
  bool grew = true;
  const auto progress = [&](std::uint64_t done, std::uint64_t total) {
    grew = grew && done >= last;
    last = done;
    whole = total;
  };
  const auto identity = copy_and_hash(folder / "model", folder / "copy",
                                      {.progress = progress, .threads = 4, .stop = {}});
  REQUIRE(identity.has_value());
  CHECK(grew);
  CHECK_EQ(last, whole);
  CHECK_EQ(whole, 20 * kModelLeafBytes + 1);
  CHECK_EQ(identity->size, whole);
}

TEST_CASE("a stop request ends the hashing and leaves no copy") {
  const TempFolder folder;
  write(folder / "model" / "a", pattern(20 * kModelLeafBytes));
  std::stop_source stop;
  const auto progress = [&](std::uint64_t done, std::uint64_t) {
    if (done > 0) stop.request_stop();
  };
  const auto identity =
      copy_and_hash(folder / "model", folder / "copy",
                    {.progress = progress, .threads = 2, .stop = stop.get_token()});
  REQUIRE_FALSE(identity.has_value());
  CHECK(identity.error().is(async::AsyncError::kCancelled));
  CHECK_FALSE(std::filesystem::exists(folder / "copy"));
}

TEST_CASE("a file system that could change later is not hashed in place") {
  const TempFolder folder;
  write(folder / "model" / "a", "1");
  CHECK(hash_in_place(folder / "model").error().is(EngineError::kBadModel));
}

TEST_CASE("only the registry's hash is accepted") {
  const TempFolder folder;
  write(folder / "a", "1");
  const auto identity = hash_for_registry(folder / "a");
  REQUIRE(identity.has_value());
  CHECK(expect_model(*identity, identity->hash).has_value());
  CHECK(expect_model(*identity, ModelHash{}).error().is(EngineError::kWrongModel));
}

TEST_CASE("finds the one GGUF file or the first of its parts") {
  const auto among = [](std::vector<std::string> paths) {
    ModelIdentity identity;
    identity.folder = "/m";
    for (std::string& path : paths)
      identity.files.push_back({.path = std::move(path), .size = 0, .root = {}});
    return gguf_file(identity);
  };
  CHECK_EQ(among({"LICENSE", "a.gguf"}).value(), "/m/a.gguf");
  CHECK_EQ(among({"a-00001-of-00002.gguf", "a-00002-of-00002.gguf"}).value(),
           "/m/a-00001-of-00002.gguf");
  CHECK_FALSE(among({"a.gguf", "b.gguf"}).has_value());
  CHECK_FALSE(among({"a.safetensors"}).has_value());
}

TEST_CASE("the tree over 1 to 9 leaves is RFC 9162's") {
  const auto hash = [](std::uint8_t n) {
    return leaf_hash(as_bytes(std::string(1, static_cast<char>(n))));
  };
  const auto node = [](const Sha256Digest& a, const Sha256Digest& b) {
    constexpr std::byte kOne{1};
    return crypto::sha256({BytesView(&kOne, 1), a, b});
  };
  const auto tree = [&](std::uint8_t first, std::uint8_t count, const auto& self) -> Sha256Digest {
    if (count == 1) return hash(first);
    std::uint8_t left = 1;
    while (left * 2 < count) left = static_cast<std::uint8_t>(left * 2);
    return node(self(first, left, self), self(static_cast<std::uint8_t>(first + left),
                                              static_cast<std::uint8_t>(count - left), self));
  };
  for (std::uint8_t count = 1; count <= 9; ++count) {
    std::vector<Sha256Digest> leaves;
    leaves.reserve(count);
    for (std::uint8_t i = 0; i < count; ++i) leaves.push_back(hash(i));
    CHECK_EQ(tree_hash(leaves), tree(0, count, tree));
  }
}
