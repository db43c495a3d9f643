#include "files/small_files.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/resource_limit.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::files;
namespace fs = std::filesystem;

namespace {

Status put(const fs::path& file, std::string_view text, FileMode mode = FileMode::kPrivate) {
  return replace_file(file, as_bytes(text), mode, Durability::kFlushed);
}

std::string text_of(const fs::path& file) {
  return std::string(as_text(read_file(file, 1000).value()));
}

std::size_t entries_of(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("a file is replaced whole and read back, and nothing else stays in its folder") {
  const testing::TempFolder folder;
  REQUIRE(put(folder / "a", "first, and longer").has_value());
  REQUIRE(put(folder / "a", "second").has_value());
  CHECK_EQ(text_of(folder / "a"), "second");
  CHECK_EQ(entries_of(folder.path()), 1);
  REQUIRE(put(folder / "empty", "").has_value());
  CHECK_EQ(text_of(folder / "empty"), "");
}

TEST_CASE("a file has the permissions that were asked for, whatever the umask and the old file") {
  const testing::TempFolder folder;
  const mode_t before = ::umask(077);
  REQUIRE(put(folder / "a", "x", FileMode::kPublic).has_value());
  ::umask(0);
  CHECK(fs::status(folder / "a").permissions() == fs::perms(0644));
  REQUIRE(put(folder / "a", "y", FileMode::kPrivate).has_value());
  ::umask(before);
  CHECK(fs::status(folder / "a").permissions() == fs::perms(0600));
}

TEST_CASE("a file over the bound, absent, or a folder is refused with its reason") {
  const testing::TempFolder folder;
  std::ofstream(folder / "long") << std::string(200'001, 'x');
  CHECK_EQ(read_file(folder / "long", 200'001)->size(), 200'001);
  CHECK(read_file(folder / "long", 200'000).error().is(FileError::kTooLong));
  CHECK(read_file(folder / "long", 0).error().is(FileError::kTooLong));
  CHECK(read_file(folder / "none", 10).error().is(FileError::kUnreadable));
  CHECK(read_file(folder.path(), 10).error().is(FileError::kUnreadable));
}

TEST_CASE("what cannot be written leaves the old file and no rest of the new one") {
  const testing::TempFolder folder;
  REQUIRE(put(folder / "a", "old").has_value());
  {
    const testing::ResourceLimit limit(RLIMIT_FSIZE, 10);
    CHECK(put(folder / "a", "a text of more than ten bytes").error().is(FileError::kUnwritable));
  }
  CHECK_EQ(text_of(folder / "a"), "old");
  CHECK_EQ(entries_of(folder.path()), 1);
  REQUIRE(put(folder / "a", "a text of more than ten bytes").has_value());
  CHECK(put(folder / "no" / "folder", "x").error().is(FileError::kUnwritable));
}

TEST_CASE("a link in the temporary file's place is not followed") {
  const testing::TempFolder folder;
  std::ofstream(folder / "victim") << "untouched";
  fs::create_symlink(folder / "victim", folder / "way.tmp");
  REQUIRE(replace_file(folder / "a", as_bytes("new"), FileMode::kPrivate, Durability::kCached,
                       folder / "way.tmp")
              .has_value());
  CHECK_EQ(text_of(folder / "a"), "new");
  CHECK_EQ(text_of(folder / "victim"), "untouched");
}

TEST_CASE("bytes are read from where they lie, all of them or none") {
  const testing::TempFolder folder;
  std::ofstream(folder / "a") << "0123456789";
  const Descriptor file(::open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC));
  Bytes three(3);
  REQUIRE(read_whole(file, 7, three).has_value());
  CHECK_EQ(as_text(three), "789");
  CHECK(read_whole(file, 10, MutableBytesView()).has_value());
  CHECK(read_whole(file, 8, three).error().is(FileError::kUnreadable));
  CHECK(read_whole(Descriptor(), 0, three).error().is(FileError::kUnreadable));
}

TEST_CASE("a private folder is its owner's only, whoever made it") {
  const testing::TempFolder folder;
  fs::create_directory(folder / "there");
  fs::permissions(folder / "there", fs::perms::all);
  for (const fs::path& made : {folder / "there", folder / "new" / "one"}) {
    REQUIRE_FALSE(make_private_folder(made));
    CHECK(fs::status(made).permissions() == fs::perms::owner_all);
    CHECK(flush_folder(made));
  }
  std::ofstream(folder / "file") << "x";
  CHECK(make_private_folder(folder / "file" / "below"));
  CHECK_FALSE(flush_folder(folder / "file"));
}

TEST_CASE("a descriptor is closed once by its last owner") {
  const testing::TempFolder folder;
  std::ofstream(folder / "a") << "x";
  int number = -1;
  {
    Descriptor first(::open((folder / "a").c_str(), O_RDONLY | O_CLOEXEC));
    number = first.get();
    const Descriptor second(std::move(first));
    CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): what it promises
    CHECK_EQ(second.get(), number);
  }
  CHECK_EQ(::fcntl(number, F_GETFD), -1);
}
