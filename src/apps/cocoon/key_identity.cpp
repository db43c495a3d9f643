#include "apps/cocoon/key_identity.h"

#include "apps/cocoon/error.h"
#include "apps/common/role_program.h"
#include "codec/json.h"
#include "config/key_file.h"
#include "net/os_random.h"

namespace cocoon::apps {

Result<crypto::Ed25519PublicKey> key_identity(const std::filesystem::path& file) {
  std::error_code failed;
  if (!std::filesystem::exists(file, failed) && !failed) {
    SecretArray<32> fresh;
    net::OsRandom().fill(fresh.expose_mutable());
    TRY_VOID(config::create_key_file(file, fresh));
  }
  TRY(auto seed, config::load_key_file(file));
  return crypto::Ed25519KeyPair::from_seed(std::move(seed)).public_key();
}

int run_proxy_key(const std::filesystem::path& file, const Terminal& terminal) {
  const auto key = key_identity(file);
  if (!key) return report(terminal, key.error());
  terminal.text(key->hex());
  codec::Json out = codec::Json::object();
  out.set("key", codec::Json::string(key->hex()));
  terminal.json(codec::write_json(out));
  return kExitOk;
}

}  // namespace cocoon::apps
