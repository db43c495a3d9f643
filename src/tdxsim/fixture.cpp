#include "tdxsim/fixture.h"

#include "base/check.h"

namespace cocoon::tdxsim {
namespace {

template <class Tagged>
Tagged invented(const Platform::FillRandom& random) {
  ByteArray<Tagged::kSize> bytes{};
  random(bytes);
  return Tagged(bytes);
}

}  // namespace

Platform::FillRandom seeded_bytes(std::string seed) {
  return [seed = std::move(seed), counter = 0](MutableBytesView out) mutable {
    for (std::byte& byte : out) {
      const std::string input = seed + "/" + std::to_string(counter++);
      byte = crypto::sha256(as_bytes(input))[0];
    }
  };
}

Vendor make_vendor(std::string seed) {
  auto vendor = Vendor::create(seeded_bytes(std::move(seed)), kFixtureNow);
  COCOON_CHECK(vendor.has_value());
  return std::move(*vendor);
}

Platform make_platform(std::string seed, const CollateralOptions& options) {
  auto platform = Platform::create(seeded_bytes(std::move(seed)), kFixtureNow, options);
  COCOON_CHECK(platform.has_value());
  return std::move(*platform);
}

void WorkerFixture::publish(const CollateralOptions& options) {
  const auto published = vendor.publish(platform, now, options);
  COCOON_CHECK(published.has_value());
  collateral = book_of(platform, *published, now);
}

void WorkerFixture::rehash_configuration() {
  statement.config_hash = ConfigHash(crypto::sha256(as_bytes(configuration)));
}

attest::EvidenceBundle WorkerFixture::bundle(const QuoteOptions& options) const {
  attest::EvidenceBundle out;
  out.statement = statement.encode();
  out.configuration = to_bytes(configuration);
  auto quote = platform.quote(attest::report_data_for(out.statement), measurements, options);
  COCOON_CHECK(quote.has_value());
  out.quote = std::move(*quote);
  return out;
}

attest::CollateralBook book_of(const Platform& platform, std::string_view collateral,
                               UnixSeconds now) {
  attest::CollateralBook out;
  const std::vector roots{platform.root_fingerprint()};
  COCOON_CHECK(out.admit(as_bytes(collateral), roots, now).has_value());
  return out;
}

attest::TrustedBlock fixture_trusted_block() {
  ByteArray<32> root;
  ByteArray<32> file;
  root.fill(std::byte{0x11});
  file.fill(std::byte{0x22});
  return {.seqno = Seqno(1), .root_hash = BlockHash(root), .file_hash = BlockFileHash(file)};
}

std::string fixture_configuration(const std::string& model_name) {
  return "network = -777\nstate_dir = \"state\"\n"
         "[engine]\nkind = \"llama-server\"\nprogram = \"/opt/llama-server\"\n"
         "[model]\nname = \"" +
         model_name +
         "\"\npath = \"/models/test.gguf\"\nprivate_dir = \"/run/model\"\n"
         "[[proxies]]\nhost = \"127.0.0.1\"\nport = 11000\nkey = \"" +
         std::string(64, 'a') +
         "\"\n[registry]\nfile = \"registry.toml\"\n"
         "[chain]\nglobal_config = \"global.config.json\"\n"
         "[chain.trusted_block]\n" +
         attest::write_trusted_block(fixture_trusted_block());
}

WorkerFixture make_worker_fixture(const std::string& seed, const std::string& model_name) {
  const Platform::FillRandom random = seeded_bytes(seed);
  Vendor vendor = make_vendor(seed);
  auto platform = vendor.make_platform(random);
  COCOON_CHECK(platform.has_value());
  WorkerFixture out{.vendor = std::move(vendor),
                    .platform = std::move(*platform),
                    .measurements = default_measurements(),
                    .policy = {},
                    .collateral = {},
                    .configuration = {},
                    .statement = {},
                    .block = {},
                    .now = kFixtureNow};
  out.collateral = book_of(out.platform, out.platform.collateral());
  out.policy.network = kDevnetNetworkId;
  out.policy.images = {image_of(out.measurements)};
  out.policy.roots = {out.platform.root_fingerprint()};
  out.policy.trusted_blocks = {fixture_trusted_block()};
  out.policy.statement_age_max = std::chrono::seconds(4200);
  out.configuration = fixture_configuration(model_name);
  out.block = {.seqno = Seqno(360'000'000 - 360'000'000 % 256),
               .root_hash = invented<BlockHash>(random),
               .generated_at = UnixSeconds(kFixtureNow.value() - 600)};
  attest::Statement& statement = out.statement;
  statement.network = kDevnetNetworkId;
  statement.identity_key = invented<crypto::Ed25519PublicKey>(random);
  statement.hpke_key = invented<crypto::X25519PublicKey>(random);
  statement.key_epoch = kFixtureNow.value() / 3600;
  statement.boot_id = invented<BootId>(random);
  statement.model_name = model_name;
  statement.model_hash = invented<ModelHash>(random);
  statement.block_seqno = out.block.seqno;
  statement.block_root_hash = out.block.root_hash;
  out.rehash_configuration();
  return out;
}

}  // namespace cocoon::tdxsim
