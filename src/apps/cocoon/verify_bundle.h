#pragma once

#include <string>

#include "apps/cocoon/light.h"
#include "apps/cocoon/terminal.h"
#include "provenance/bundle/verify.h"

namespace cocoon::apps {

// By what `cocoon verify` and the demo judge a bundle.
struct JudgeOptions {
  std::string registry;  // the contract's address, or a registry file; empty: none
  LightOptions light;    // no config: the chain is not asked
  std::string at;        // RFC 3339; empty: when the answer began, by its receipt
};
[[nodiscard]] Result<provenance::bundle::Trust> settle_trust(
    const JudgeOptions& options, const provenance::bundle::Bundle& bundle,
    const Terminal& terminal);

// The chain as a person reads it, and what is not proven.
void show_chain(const provenance::bundle::Chain& chain, const Terminal& terminal);

}  // namespace cocoon::apps
