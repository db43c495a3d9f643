#include "store/document_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "crypto/hash.h"
#include "store/loop_test.h"
#include "store/receipt_journal.h"
#include "tests/support/temp_folder.h"

using namespace cocoon;
using namespace cocoon::store;
namespace fs = std::filesystem;

namespace {

ports::DocumentDigest digest_of(BytesView document) {
  return ports::DocumentDigest(crypto::sha256(document));
}

}  // namespace

TEST_CASE("a document is found by its digest, also after the folder is opened again") {
  const testing::TempFolder folder;
  const Bytes document = to_bytes("evidence");
  const auto digest = digest_of(document);
  {
    const auto store = DocumentFolder::open(folder.path() / "documents").value();
    CHECK(run(store->get(digest)).value() == std::nullopt);
    CHECK(run(store->put(digest, document)).has_value());
    CHECK(run(store->put(digest, document)).has_value());
  }
  const auto store = DocumentFolder::open(folder.path() / "documents").value();
  CHECK(run(store->get(digest)).value() == document);
  struct stat status{};
  REQUIRE(::stat((folder.path() / "documents" / digest.hex()).c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  REQUIRE(::stat((folder.path() / "documents").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
}

TEST_CASE("a document that is not what its name says is not handed out") {
  const testing::TempFolder folder;
  const auto store = DocumentFolder::open(folder.path()).value();
  const Bytes document = to_bytes("evidence");
  const auto digest = digest_of(document);
  REQUIRE(run(store->put(digest, document)).has_value());
  std::ofstream(folder.path() / digest.hex(), std::ios::trunc) << "another!!";
  CHECK(run(store->get(digest)).error().is(StoreError::kUnreadable));
  // And is mended by whoever brings the right one again.
  REQUIRE(run(store->put(digest, document)).has_value());
  CHECK(run(store->get(digest)).value() == document);
}

TEST_CASE("a document that is too long, or a folder that cannot be made, is refused") {
  const testing::TempFolder folder;
  const auto store = DocumentFolder::open(folder.path()).value();
  CHECK(run(store->put(ports::DocumentDigest(), Bytes(kDocumentBytesMax + 1)))
            .error()
            .is(StoreError::kTooLarge));
  CHECK_FALSE(DocumentFolder::open("/proc/cocoon").has_value());
}
