#include "chain/light_client.h"

#include <algorithm>

#include "chain/anchor_file.h"
#include "chain/lite_servers.h"
#include "ton/cell/boc.h"
#include "ton/proof/block_proof.h"
#include "ton/proof/merkle.h"
#include "ton/tl/lite_queries.h"

namespace cocoon::chain {
namespace {

constexpr async::Duration kAnswerWithin = std::chrono::seconds(10);
constexpr async::Duration kLookAgainAfter = std::chrono::milliseconds(200);
constexpr std::size_t kHeadServers = 3;
constexpr std::size_t kSendServers = 3;

// A block proof from a known block that leads to the target or to a key block before it.
Result<ton::CheckedChain> check_chain(BytesView answer, const ton::BlockId& known,
                                      const ton::BlockId& target) {
  TRY(const ton::PartialBlockProof proof, ton::parse_partial_block_proof(answer));
  TRY(ton::CheckedChain checked, ton::check_block_proof(proof, known));
  if (checked.links.empty() || checked.to.seqno > target.seqno)
    return fail(ton::TonError::kBadProof, "a block proof that leads nowhere");
  if (checked.to != target && !checked.links.back().to_key_block)
    return fail(ton::TonError::kBadProof, "a block proof that ends where it cannot go on");
  return checked;
}

// The newest block of the masterchain, by a server's word.
Result<ton::BlockId> claimed_head(BytesView answer) {
  TRY(const ton::MasterchainInfo info, ton::parse_masterchain_info(answer));
  if (!info.last.is_masterchain())
    return fail(ton::TonError::kBadProof, "a newest block outside the masterchain");
  return info.last;
}

// Whether the transaction was made by the external message of this normalized hash.
bool took_in(const ton::Transaction& transaction, const ton::CellHash& wanted) {
  if (transaction.in_message == nullptr) return false;
  const std::optional<ton::ExternalIn> external =
      ton::read_external_in(transaction.in_message).value_or(std::nullopt);
  if (!external) return false;
  const auto hash = ton::normalized_hash(external->to, external->body);
  return hash && *hash == wanted;
}

}  // namespace

struct LightClient::State {
  State(const async::Executor& executor, async::Executor checking, async::Clock& the_clock,
        ports::Random& random, LightClientSettings chosen)
      : clock(the_clock),
        settings(std::move(chosen)),
        servers(executor, std::move(checking), the_clock, random, settings.network.servers) {}

  [[nodiscard]] ton::BlockId newest_key() const {
    return key_blocks.empty() ? settings.network.trusted : key_blocks.back();
  }
  // The last key block at or before this number that is still kept.
  [[nodiscard]] std::optional<ton::BlockId> key_before(std::uint32_t seqno) const {
    const auto after = std::ranges::upper_bound(key_blocks, seqno, {}, &ton::BlockId::seqno);
    if (after != key_blocks.begin()) return *(after - 1);
    // Once key blocks were forgotten, the trusted one no longer stands right before the oldest
    // kept.
    if (settings.network.trusted.seqno <= seqno) return settings.network.trusted;
    return std::nullopt;
  }
  [[nodiscard]] async::Deadline soon(async::Deadline deadline) const {
    return std::min(deadline, clock.in(kAnswerWithin));
  }
  // `from` is the trusted block or a kept key block.
  [[nodiscard]] async::Task<Result<ProvenBlock>> prove(ton::BlockId from, ton::BlockId target,
                                                       async::Deadline deadline);
  // What the header of a block says that is already known to be true.
  [[nodiscard]] async::Task<Result<ProvenBlock>> header(ton::BlockId id, async::Deadline deadline);
  void keep(const std::vector<ton::CheckedLink>& links);
  // Proves a block that a server says is the newest, and that it may be.
  [[nodiscard]] async::Task<Result<ProvenBlock>> prove_claim(ton::BlockId claimed,
                                                             async::Deadline deadline);
  // Of the right network, and young enough.
  [[nodiscard]] Status check_head(const ProvenBlock& block) const;

  async::Clock& clock;
  LightClientSettings settings;
  LiteServers servers;
  std::vector<ton::BlockId> key_blocks;  // after the trusted one
  std::optional<ProvenBlock> head;
  std::uint64_t links_checked = 0;
};

LightClient::LightClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
LightClient::~LightClient() = default;

Result<std::unique_ptr<LightClient>> LightClient::open(const async::Executor& executor,
                                                       async::Executor checking,
                                                       async::Clock& clock, ports::Random& random,
                                                       LightClientSettings settings) {
  auto state =
      std::make_unique<State>(executor, std::move(checking), clock, random, std::move(settings));
  if (!state->settings.anchor_file.empty()) {
    auto anchors = load_anchors(state->settings.anchor_file, state->settings.network.trusted);
    if (!anchors) {
      return std::unexpected(
          std::move(anchors).error().with_context(state->settings.anchor_file.string()));
    }
    state->key_blocks = *std::move(anchors);
  }
  return std::unique_ptr<LightClient>(new LightClient(std::move(state)));
}

const std::optional<ProvenBlock>& LightClient::head() const { return state_->head; }
std::size_t LightClient::servers_live() const { return state_->servers.live(); }
std::uint64_t LightClient::links_checked() const { return state_->links_checked; }

std::vector<RefusedAnswer> LightClient::refusals() const {
  std::vector<RefusedAnswer> list;
  for (const Refusal& refusal : state_->servers.refusals())
    list.push_back({refusal.server, refusal.reason.message()});
  return list;
}

// Key blocks beyond the newest are kept, in memory and in the file. A file that cannot be written
// costs the next start a longer way, and nothing else.
void LightClient::State::keep(const std::vector<ton::CheckedLink>& links) {
  links_checked += links.size();
  const ton::BlockId before = newest_key();
  for (const ton::CheckedLink& link : links) {
    if (!link.to_key_block || link.to.seqno <= newest_key().seqno) continue;
    if (key_blocks.size() == kKeyBlocksKept) key_blocks.erase(key_blocks.begin());
    key_blocks.push_back(link.to);
  }
  if (settings.anchor_file.empty() || newest_key() == before) return;
  (void)store_anchors(settings.anchor_file, settings.network.trusted, key_blocks);
}

Status LightClient::State::check_head(const ProvenBlock& block) const {
  if (settings.network_id && block.network != *settings.network_id) {
    return fail(ChainError::kOtherNetwork, "the trusted block is one of network " +
                                               std::to_string(block.network.value()) + ", not of " +
                                               std::to_string(settings.network_id->value()));
  }
  const auto now = static_cast<std::int64_t>(clock.wall_now().value() / 1000);
  const std::int64_t age = now - std::int64_t{block.generated_at.value()};
  if (age <= settings.age_max.count()) return {};
  return fail(ChainError::kStale,
              "the newest block that could be proven is " + std::to_string(age) + " s old");
}

async::Task<Result<ProvenBlock>> LightClient::State::header(ton::BlockId id,
                                                            async::Deadline deadline) {
  CO_TRY(const auto found,
         co_await servers.race<ProvenBlock>(
             ton::query_lookup_masterchain_block(id.seqno),
             [id](BytesView answer) -> Result<ProvenBlock> {
               TRY(const ton::BlockHeaderAnswer header, ton::parse_block_header(answer));
               TRY(const ton::CellRef root, ton::parse_merkle_proof(header.header_proof));
               TRY(const ton::Block block, ton::proven_block(root, id));
               return ProvenBlock{.id = id,
                                  .generated_at = block.info.generated_at,
                                  .network = NetworkId(block.global_id),
                                  .is_key_block = block.info.is_key_block};
             },
             soon(deadline)));
  co_return found.value;
}

async::Task<Result<ProvenBlock>> LightClient::State::prove(ton::BlockId from, ton::BlockId target,
                                                           async::Deadline deadline) {
  if (from == target) co_return co_await header(from, deadline);
  ProvenBlock reached{.id = from, .generated_at = {}, .network = {}, .is_key_block = true};
  while (reached.id != target) {
    if (reached.id.seqno >= target.seqno)
      co_return fail(ChainError::kFork, "two proven blocks of one number");
    const ton::BlockId known = reached.id;
    CO_TRY(const auto chain,
           co_await servers.race<ton::CheckedChain>(
               ton::query_block_proof(known, target),
               [known, target](BytesView answer) { return check_chain(answer, known, target); },
               soon(deadline)));
    keep(chain.value.links);
    const ton::CheckedLink& last = chain.value.links.back();
    reached = {.id = last.to,
               .generated_at = last.generated_at,
               .network = NetworkId(last.global_id),
               .is_key_block = last.to_key_block};
  }
  co_return reached;
}

async::Task<Result<ProvenBlock>> LightClient::sync(async::Deadline deadline) {
  CO_TRY(auto claims,
         co_await state_->servers.poll<ton::BlockId>(ton::query_masterchain_info(), claimed_head,
                                                     kHeadServers, state_->soon(deadline)));
  // The newest claim that can be proven is the newest block; what cannot be proven counts against
  // who claimed it.
  std::ranges::sort(claims, std::ranges::greater(),
                    [](const auto& claim) { return claim.value.seqno; });
  Error last_refusal(ChainError::kStale, "no server knows a newer block than the trusted one");
  for (const Answered<ton::BlockId>& claim : claims) {
    Result<ProvenBlock> proven = co_await state_->prove_claim(claim.value, deadline);
    if (proven) {
      state_->head = *proven;
      co_return proven;
    }
    last_refusal = std::move(proven).error();
    state_->servers.blame(claim.server, last_refusal);
  }
  co_return std::unexpected(std::move(last_refusal));
}

async::Task<Result<ProvenBlock>> LightClient::State::prove_claim(ton::BlockId claimed,
                                                                 async::Deadline deadline) {
  if (head && claimed == head->id) {
    CO_TRY_VOID(check_head(*head));
    co_return *head;
  }
  if (head && claimed.seqno == head->id.seqno)
    co_return fail(ChainError::kFork, "a server claims another block of a proven number");
  if (claimed.seqno < std::max(newest_key().seqno, head ? head->id.seqno : 0))
    co_return fail(ChainError::kStale, "a server claims a newest block older than a proven one");
  CO_TRY(const ProvenBlock proven, co_await prove(newest_key(), claimed, deadline));
  CO_TRY_VOID(check_head(proven));
  co_return proven;
}

async::Task<Result<ProvenBlock>> LightClient::block(std::uint32_t seqno, async::Deadline deadline) {
  const std::optional<ton::BlockId> from = state_->key_before(seqno);
  if (!from) co_return fail(ChainError::kUnknownBlock, "no key block before this one is kept");
  // Any server may name the block; only a proof makes it the one.
  CO_TRY(const auto named,
         co_await state_->servers.race<ton::BlockId>(
             ton::query_lookup_masterchain_block(seqno),
             [seqno](BytesView answer) -> Result<ton::BlockId> {
               TRY(const ton::BlockHeaderAnswer header, ton::parse_block_header(answer));
               if (!header.id.is_masterchain() || header.id.seqno != seqno)
                 return fail(ton::TonError::kBadProof, "another block than the one asked for");
               return header.id;
             },
             state_->soon(deadline)));
  auto proven = co_await state_->prove(*from, named.value, deadline);
  if (!proven) state_->servers.blame(named.server, proven.error());
  co_return proven;
}

async::Task<Result<ton::ProvenAccount>> LightClient::account(ton::Address address,
                                                             async::Deadline deadline) {
  CO_TRY(const ProvenBlock block, co_await sync(deadline));
  co_return co_await account_at(block.id, address, deadline);
}

async::Task<Result<ton::ProvenAccount>> LightClient::account_at(ton::BlockId block,
                                                                ton::Address address,
                                                                async::Deadline deadline) {
  CO_TRY(auto found,
         co_await state_->servers.race<ton::ProvenAccount>(
             ton::query_account_state(block, address.workchain, address.account),
             [block, address](BytesView answer) -> Result<ton::ProvenAccount> {
               TRY(const ton::AccountStateAnswer state, ton::parse_account_state(answer));
               if (state.block != block)
                 return fail(ton::TonError::kBadProof, "a state at another block than asked for");
               return ton::check_account_state(state, address);
             },
             state_->soon(deadline)));
  co_return std::move(found.value);
}

async::Task<Result<std::vector<ton::ProvenTransaction>>> LightClient::transactions(
    ton::ProvenAccount account, std::uint32_t count, async::Deadline deadline) {
  std::vector<ton::ProvenTransaction> list;
  std::uint64_t lt = account.last_transaction_lt;
  ton::CellHash hash = account.last_transaction_hash;
  while (list.size() < count && lt != 0) {
    constexpr std::size_t kPage = 10;
    const auto asked =
        static_cast<std::uint32_t>(std::min<std::size_t>(count - list.size(), kPage));
    const ton::AccountId id = account.address.account;
    CO_TRY(const auto page,
           co_await state_->servers.race<std::vector<ton::ProvenTransaction>>(
               ton::query_transactions(asked, account.address.workchain, id, lt, hash),
               [id, lt, hash](BytesView answer) -> Result<std::vector<ton::ProvenTransaction>> {
                 TRY(const ton::TransactionListAnswer answered,
                     ton::parse_transaction_list(answer));
                 TRY(auto checked, ton::check_transactions(answered, id, lt, hash));
                 if (checked.empty())
                   return fail(ton::TonError::kBadProof, "no transactions where there are some");
                 return checked;
               },
               state_->soon(deadline)));
    list.insert(list.end(), page.value.begin(), page.value.end());
    lt = list.back().transaction.previous_lt;
    hash = list.back().transaction.previous_hash;
  }
  if (list.size() > count) list.resize(count);
  co_return list;
}

async::Task<Result<ton::ProvenTransaction>> LightClient::send(ton::CellRef message,
                                                              async::Deadline deadline) {
  CO_TRY(const auto external, ton::read_external_in(message));
  if (!external) co_return fail(ton::TonError::kMalformed, "only an external message can be sent");
  CO_TRY(const ton::CellHash wanted, ton::normalized_hash(external->to, external->body));
  CO_TRY(ton::ProvenAccount before, co_await account(external->to, deadline));
  CO_TRY(const Bytes boc, ton::write_boc(message));
  // What servers say of it proves nothing: one may have it already, another may lie. Only the chain
  // tells.
  const auto taken = co_await state_->servers.poll<std::uint32_t>(
      ton::query_send_message(boc), ton::parse_send_status, kSendServers, state_->soon(deadline));
  if (!taken) co_return std::unexpected(taken.error());
  constexpr std::uint32_t kLookBack = 20;
  std::uint64_t seen_lt = before.last_transaction_lt;
  while (state_->clock.now() < deadline) {
    const Result<ton::ProvenAccount> now = co_await account(external->to, deadline);
    if (now && now->last_transaction_lt > seen_lt) {
      const auto recent = co_await transactions(*now, kLookBack, deadline);
      if (recent) {
        for (const ton::ProvenTransaction& seen : *recent) {
          const bool is_new = seen.transaction.lt > before.last_transaction_lt;
          if (is_new && took_in(seen.transaction, wanted)) co_return seen;
        }
        seen_lt = now->last_transaction_lt;
      }
    }
    co_await state_->clock.sleep_until(std::min(deadline, state_->clock.in(kLookAgainAfter)));
  }
  co_return fail(ChainError::kNotSeen, "no proven transaction has taken the message in yet");
}

}  // namespace cocoon::chain
