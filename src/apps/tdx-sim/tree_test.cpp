#include "apps/tdx-sim/tree.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "apps/tdx-sim/state.h"
#include "attest/image_toml.h"
#include "attest/intel/quote_verify.h"
#include "files/small_files.h"
#include "tdxsim/fixture.h"

using namespace cocoon;
using namespace cocoon::apps;
namespace fs = std::filesystem;

namespace {

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "cocoon-sim-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

void fill_counting(MutableBytesView out) {
  static std::uint8_t next = 1;
  for (std::byte& byte : out) byte = std::byte{next++};
}

Result<SimState> open_state(const fs::path& folder,
                            const std::optional<fs::path>& measurements = std::nullopt) {
  return SimState::open(folder, measurements, fill_counting, tdxsim::kFixtureNow);
}

std::string text_of(const fs::path& file) {
  return std::string(as_text(files::read_file(file, 65536).value()));
}

void put(const fs::path& file, std::string_view text) {
  std::ofstream(file, std::ios::binary) << text;
}

// What a simulated TD answers.
TsmTree::Quote quoting(const SimState& state) {
  return [&state](BytesView inblob) {
    ByteArray<64> report_data{};
    std::ranges::copy(inblob, report_data.begin());
    return state.platform().quote(report_data, state.measurements());
  };
}

}  // namespace

TEST_CASE("a machine keeps its keys from start to start") {
  Folder folder;
  const fs::path state = folder.path / "state";
  std::string fingerprint;
  {
    const auto first = open_state(state).value();
    fingerprint = first.platform().root_fingerprint().hex();
    CHECK_EQ(text_of(state / "root.sha256"), fingerprint + "\n");
    CHECK(text_of(state / "root.pem").starts_with("-----BEGIN CERTIFICATE-----\n"));
    CHECK_EQ(crypto::sha256(files::read_file(state / "root.der", 65536).value()),
             first.platform().root_fingerprint().bytes());
    struct stat status{};
    REQUIRE_EQ(::stat((state / "platform.cbor").c_str(), &status), 0);
    CHECK_EQ(status.st_mode & 0777U, 0600U);
    // The same folder cannot be used twice at once.
    CHECK(open_state(state).error().is(SimError::kBusy));
  }
  const auto again = open_state(state).value();
  CHECK_EQ(again.platform().root_fingerprint().hex(), fingerprint);
  const auto image =
      attest::parse_image_toml(files::read_file(state / "image.toml", 65536).value());
  CHECK_EQ(image->mrtd, tdxsim::default_measurements().mrtd);
}

TEST_CASE("keys that others may read, or a damaged key file, are refused") {
  Folder folder;
  const fs::path state = folder.path / "state";
  static_cast<void>(open_state(state).value());
  fs::permissions(state / "platform.cbor", fs::perms::group_read, fs::perm_options::add);
  CHECK(open_state(state).error().is(SimError::kInsecure));
  fs::permissions(state / "platform.cbor", fs::perms::owner_read | fs::perms::owner_write);
  put(state / "platform.cbor", "damaged");
  CHECK_FALSE(open_state(state).has_value());
}

TEST_CASE("measurements can be given, and bad ones are refused") {
  Folder folder;
  attest::Image image = tdxsim::image_of(tdxsim::default_measurements());
  image.rtmr1[5] ^= std::byte{0xff};
  put(folder.path / "image.toml", attest::write_image_toml(image));
  {
    const auto state = open_state(folder.path / "state", folder.path / "image.toml").value();
    CHECK_EQ(state.measurements().rtmr1, image.rtmr1);
  }
  put(folder.path / "image.toml", "mrtd = 1\n");
  CHECK_FALSE(open_state(folder.path / "state", folder.path / "image.toml").has_value());
  CHECK(open_state(folder.path / "state", folder.path / "none")
            .error()
            .is(files::FileError::kUnreadable));
}

TEST_CASE("an entry gets its attributes, and a quote for each time its inblob is written") {
  Folder folder;
  const auto state = open_state(folder.path / "state").value();
  TsmTree tree(folder.path / "tsm", quoting(state), Logger::silent());
  REQUIRE(tree.open().has_value());
  CHECK_EQ(tree.serve_once(), 0);

  const fs::path entry = folder.path / "tsm" / "one";
  fs::create_directory(entry);
  CHECK_EQ(tree.serve_once(), 0);
  CHECK_EQ(text_of(entry / "provider"), "tdx_guest\n");
  CHECK_EQ(text_of(entry / "generation"), "0\n");
  CHECK_FALSE(fs::exists(entry / "outblob"));

  put(entry / "inblob", std::string(63, 'x'));
  CHECK_EQ(tree.serve_once(), 0);
  put(entry / "inblob", std::string(64, 'x'));
  CHECK_EQ(tree.serve_once(), 1);
  CHECK_EQ(text_of(entry / "generation"), "1\n");
  const std::vector roots{state.platform().root_fingerprint()};
  const Bytes outblob = files::read_file(entry / "outblob", 65536).value();
  const auto quote =
      attest::intel::verify_quote(attest::intel::UnverifiedQuote::parse(outblob).value(), roots);
  CHECK_EQ(as_text(quote.value().body().report_data), std::string(64, 'x'));
  CHECK_EQ(tree.serve_once(), 0);

  fs::remove(entry / "inblob");
  put(entry / "inblob", std::string(64, 'y'));
  fs::last_write_time(entry / "inblob", fs::file_time_type::clock::now() + std::chrono::seconds(2));
  CHECK_EQ(tree.serve_once(), 1);
  CHECK_EQ(text_of(entry / "generation"), "2\n");

  // An entry that is removed and made again starts anew; files beside the entries are left alone.
  fs::remove_all(entry);
  put(folder.path / "tsm" / "note", "hello");
  tree.serve_once();
  fs::create_directory(entry);
  tree.serve_once();
  CHECK_EQ(text_of(entry / "generation"), "0\n");
  CHECK_EQ(text_of(folder.path / "tsm" / "note"), "hello");
}

TEST_CASE("an inblob that is no plain file is not followed") {
  Folder folder;
  const auto state = open_state(folder.path / "state").value();
  TsmTree tree(folder.path / "tsm", quoting(state), Logger::silent());
  REQUIRE(tree.open().has_value());
  fs::create_directory(folder.path / "tsm" / "one");
  put(folder.path / "secret", std::string(64, 's'));
  fs::create_symlink(folder.path / "secret", folder.path / "tsm" / "one" / "inblob");
  CHECK_EQ(tree.serve_once(), 0);
  CHECK_FALSE(fs::exists(folder.path / "tsm" / "one" / "outblob"));
}

TEST_CASE("another provider's tree takes what is asked of that one, and says whose it is") {
  Folder folder;
  TsmTree tree(folder.path / "gpu",
               [](BytesView inblob) -> Result<Bytes> { return to_bytes(inblob); }, Logger::silent(),
               {.name = "nvidia_gpu", .inblob_size = 32});
  REQUIRE(tree.open().has_value());
  const fs::path entry = folder.path / "gpu" / "one";
  fs::create_directory(entry);
  put(entry / "inblob", std::string(64, 'x'));
  CHECK_EQ(tree.serve_once(), 0);
  CHECK_EQ(text_of(entry / "provider"), "nvidia_gpu\n");
  fs::remove(entry / "inblob");
  put(entry / "inblob", std::string(32, 'x'));
  CHECK_EQ(tree.serve_once(), 1);
  CHECK_EQ(text_of(entry / "outblob"), std::string(32, 'x'));
}
