#include "apps/cocoon/verify_bundle.h"

#include <fmt/format.h>

#include "apps/cocoon/error.h"
#include "chain/registry_toml.h"
#include "chain/ton_registry.h"
#include "codec/rfc3339.h"
#include "files/small_files.h"

namespace cocoon::apps {
namespace {

using provenance::bundle::Bundle;
using provenance::bundle::Link;
using provenance::bundle::LinkState;
using provenance::bundle::Trust;

constexpr std::size_t kRegistryBytesMax = chain::kRegistryFileBytesMax;

Result<std::shared_ptr<const registry::Snapshot>> read_registry(const std::filesystem::path& file) {
  TRY(const Bytes toml, files::read_file(file, kRegistryBytesMax));
  TRY(registry::Snapshot snapshot, chain::parse_registry_toml(toml));
  return std::make_shared<const registry::Snapshot>(std::move(snapshot));
}

// What only the chain knows, proven at its newest block.
struct Proven {
  std::optional<attest::ProvenBlock> block;
  std::shared_ptr<const registry::Snapshot> registry;
};

async::Task<Result<codec::Json>> prove(chain::LightClient& client, std::uint32_t seqno,
                                       std::optional<ton::Address> registry, Proven& proven,
                                       async::Deadline deadline) {
  CO_TRY(const chain::ProvenBlock head, co_await client.sync(deadline));
  CO_TRY(const chain::ProvenBlock block, co_await client.block(seqno, deadline));
  proven.block = {.seqno = Seqno(block.id.seqno),
                  .root_hash = BlockHash(block.id.root_hash.bytes()),
                  .generated_at = block.generated_at};
  if (registry) {
    CO_TRY(const ton::ProvenAccount account,
           co_await client.account_at(head.id, *registry, deadline));
    CO_TRY(chain::ProvenRegistry read, chain::read_registry(account, head.network));
    proven.registry = std::make_shared<const registry::Snapshot>(std::move(read.reading.snapshot));
  }
  co_return codec::Json::object();
}

// Nothing, and a word why, where nobody can prove it now.
Proven ask_chain(const JudgeOptions& options, std::optional<ton::Address> registry,
                 const Bundle& bundle, const Terminal& terminal) {
  Proven proven;
  const LightJob job = [&](chain::LightClient& client, async::Deadline deadline) {
    return prove(client, bundle.block.seqno.value(), registry, proven, deadline);
  };
  if (const auto asked = ask_light(options.light, job); !asked) {
    terminal.note("the chain could not be asked: " + asked.error().message());
  }
  return proven;
}

std::string line_of(const Link& link) {
  return fmt::format("{:<9} {}", name_of(link.name), link.text);
}

}  // namespace

Result<Trust> settle_trust(const JudgeOptions& options, const Bundle& bundle,
                           const Terminal& terminal) {
  Trust trust;
  std::optional<ton::Address> registry;
  std::error_code ignored;
  if (std::filesystem::exists(options.registry, ignored)) {
    auto read = read_registry(options.registry);
    if (!read) return fail(AppError::kBadInput, read.error().message());
    trust.registry = std::move(*read);
  } else if (!options.registry.empty()) {
    const auto address = ton::parse_address(options.registry);
    if (!address) {
      return fail(AppError::kBadInput, options.registry + ": neither a file nor an address");
    }
    registry = address->address;
  }
  const auto at = options.at.empty() ? claimed_time(bundle) : codec::parse_rfc3339(options.at);
  if (!at) return fail(AppError::kBadInput, at.error().message());
  trust.at = *at;
  if (options.light.config.empty()) return trust;
  Proven proven = ask_chain(options, registry, bundle, terminal);
  trust.block = proven.block;
  if (proven.registry) trust.registry = std::move(proven.registry);
  return trust;
}

void show_chain(const provenance::bundle::Chain& chain, const Terminal& terminal) {
  for (const Link& link : chain.links) {
    switch (link.state) {
      case LinkState::kProven:
        terminal.done(line_of(link));
        break;
      case LinkState::kUnproven:
      case LinkState::kAbsent:
        terminal.note(line_of(link));
        break;
      case LinkState::kRefused:
        terminal.refused(line_of(link));
        break;
    }
  }
  if (chain.receipt) {
    terminal.fact("answered", codec::write_rfc3339(UnixSeconds(static_cast<std::uint32_t>(
                                  chain.receipt->started_at.value() / 1000))) +
                                  ", by the worker's clock");
  }
  terminal.headline("Not proven");
  for (const std::string& sentence : chain.not_proven) terminal.text("  " + sentence);
}

}  // namespace cocoon::apps
