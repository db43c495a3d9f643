#include "apps/cocoon/ton_devnet.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "apps/cocoon/error.h"

using namespace cocoon;
using namespace cocoon::apps;
namespace fs = std::filesystem;

namespace {

// A source tree with build/bin and devnet/ in it.
class Tree {
 public:
  Tree() {
    std::string name = (fs::temp_directory_path() / "ton-devnet-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
    fs::create_directories(programs());
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree() { fs::remove_all(root_); }

  [[nodiscard]] fs::path programs() const { return root_ / "build" / "bin"; }
  fs::path put(const fs::path& file) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << "x";
    chmod((root_ / file).c_str(), 0700);
    return root_ / file;
  }
  void put_devnet() {
    put("devnet/bin/devnet.js");
    put("devnet/node_modules/@ton/sandbox/package.json");
  }

 private:
  fs::path root_;
};

}  // namespace

TEST_CASE("says what a machine without the TON devnet lacks") {
  Tree tree;
  const fs::path node = tree.put("elsewhere/node");
  const std::string path = "relative:" + node.parent_path().string();
  CHECK(find_ton_devnet(tree.programs(), path).error().is(AppError::kNotInstalled));
  tree.put("devnet/bin/devnet.js");
  CHECK_EQ(find_ton_devnet(tree.programs(), path).error().message(),
           "its packages are not installed; run tools/devnet install");
  tree.put_devnet();
  CHECK(find_ton_devnet(tree.programs(), "").error().is(AppError::kNotInstalled));
  CHECK_EQ(find_ton_devnet(tree.programs(), path)->node, node);
}

TEST_CASE("takes the Node that bootstrap installed before the system's") {
  Tree tree;
  tree.put_devnet();
  tree.put("build/tools/bin/node");
  const fs::path system = tree.put("elsewhere/node");
  const auto found = find_ton_devnet(tree.programs(), system.parent_path().string());
  REQUIRE(found);
  CHECK_EQ(found->node, tree.programs() / ".." / "tools" / "bin" / "node");
  const auto arguments =
      ton_devnet_arguments(*found, "/state/ton",
                           {.http = 1, .control = 2, .lite = {std::uint16_t{3}, std::uint16_t{4}}});
  CHECK_EQ(arguments.front(), found->script.string());
  CHECK_EQ(arguments.back(), "3,4");
}
