#include "provenance/salt_root.h"

#include <doctest/doctest.h>

namespace cocoon::provenance {
namespace {

SecretArray<32> secret_of(std::uint8_t fill) {
  return SecretArray<32>::copy_of(Bytes(32, std::byte{fill})).value();
}

TEST_CASE("a salt root comes from the response secret alone, and is not that secret") {
  const SaltRoot root = SaltRoot::of(secret_of(1));
  CHECK(root == SaltRoot::of(secret_of(1)));
  CHECK_FALSE(root == SaltRoot::of(secret_of(2)));
  CHECK_FALSE(equal(root.expose(), secret_of(1).expose()));
}

TEST_CASE("a salt root that was kept gives the same salts") {
  const SaltRoot root = SaltRoot::of(secret_of(1));
  const SaltRoot kept = SaltRoot::from(root.expose()).value();
  CHECK(kept.prompt() == root.prompt());
  CHECK(kept.params() == root.params());
  CHECK(kept.output() == root.output());
  CHECK_FALSE(SaltRoot::from(root.expose().first(31)).has_value());
  CHECK_FALSE(SaltRoot::from(Bytes(33)).has_value());
  const OutputSalts output = OutputSalts::from(root.output().expose()).value();
  CHECK(output.of_chunk(Bytes(13)) == root.output().of_chunk(Bytes(13)));
  CHECK_FALSE(OutputSalts::from(Bytes(31)).has_value());
}

TEST_CASE("each commitment and each chunk has a salt of its own") {
  const SaltRoot root = SaltRoot::of(secret_of(1));
  const OutputSalts output = root.output();
  CHECK(root.prompt() != root.params());
  CHECK(output.of_chunk(Bytes(13)) != output.of_chunk(Bytes(13, std::byte{1})));
  CHECK_FALSE(equal(output.expose(), root.expose()));
  // What shows an answer does not help to guess its question.
  CHECK(SaltRoot::from(output.expose()).value().prompt() != root.prompt());
}

}  // namespace
}  // namespace cocoon::provenance
