#include "provenance/salt_root.h"

#include "base/reader.h"
#include "crypto/hash.h"

namespace cocoon::provenance {

namespace {

// What salts derive from is uniformly random, so it serves as the PRK as it is (RFC 5869 §3.3).
Salt derive_salt(const SecretArray<32>& from, BytesView info) {
  const auto salt = crypto::hkdf_expand_to<Salt::kSize>(from, info);
  return Salt::from(salt.expose()).value();
}

}  // namespace

Result<OutputSalts> OutputSalts::from(BytesView kept) {
  TRY(SecretArray<32> bytes, SecretArray<32>::copy_of(kept));
  return OutputSalts(std::move(bytes));
}

Salt OutputSalts::of_chunk(BytesView position) const {
  return derive_salt(bytes_, concat({label("cocoon/1 salt chunk"), position}));
}

SaltRoot SaltRoot::of(const SecretArray<32>& response_secret) {
  return SaltRoot(crypto::hkdf_expand_to<32>(response_secret, label("cocoon/1 salt root")));
}

Result<SaltRoot> SaltRoot::from(BytesView kept) {
  TRY(SecretArray<32> bytes, SecretArray<32>::copy_of(kept));
  return SaltRoot(std::move(bytes));
}

Salt SaltRoot::prompt() const { return derive_salt(bytes_, label("cocoon/1 salt prompt")); }

Salt SaltRoot::params() const { return derive_salt(bytes_, label("cocoon/1 salt params")); }

OutputSalts SaltRoot::output() const {
  return OutputSalts(crypto::hkdf_expand_to<32>(bytes_, label("cocoon/1 salt output")));
}

}  // namespace cocoon::provenance
