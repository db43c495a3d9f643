#include "channel/play_test.h"

#include <doctest/doctest.h>

namespace cocoon::channel {

using example::nano;

Play::Play(std::uint64_t seed, Cheat cheat)
    : random_(seed), cheat_(cheat), step_(seed % 2 == 0 ? 0 : 400) {
  payer_disk_ = example::fresh_payer(chain_);
  payee_disk_ = example::fresh_payee(chain_);
  old_payer_disk_ = payer_disk_;
  restart_payer();
  restart_payee();
}

void Play::restart_payer() {
  auto payer =
      Payer::create(chain_, payer_disk_, example::payer_key(),
                    {.exposure_max = nano(kExposure), .step = nano(step_), .requests = {}});
  REQUIRE(payer.has_value());
  payer_.emplace(*std::move(payer));
}

void Play::restart_payee() {
  auto payee = Payee::create(
      chain_, payee_disk_, example::payee_identity(),
      {.unredeemed_max = nano(5'000), .redeem_at = nano(700), .requests = {}}, random_());
  REQUIRE(payee.has_value());
  payee_.emplace(*std::move(payee));
}

template <class Message>
std::optional<Message> Play::take(std::vector<Message>& from) {
  if (from.empty()) return std::nullopt;
  const auto at = from.begin() + static_cast<std::ptrdiff_t>(below(from.size()));
  Message message = *at;
  if (!chance(15)) from.erase(at);  // else it comes again
  if (chance(10)) return std::nullopt;
  return message;
}

bool Play::persist(const PayerChange& change) {
  const bool is_written = !chance(4);
  if (is_written) apply(payer_disk_, change);
  if (is_written && !chance(4)) return true;
  restart_payer();
  return false;
}

bool Play::persist(const PayeeChange& change) {
  const bool is_written = !chance(4);
  if (is_written) apply(payee_disk_, change);
  if (is_written && !chance(4)) return true;
  restart_payee();
  return false;
}

void Play::ask() { send(example::request(++last_request_), nano(1 + below(kPriceMax))); }

void Play::send(const RequestId& id, NanoTon price_max) {
  const auto authorised = payer_->authorise(id, price_max, {});
  if (!authorised) return;
  if (authorised->change && !persist(*authorised->change)) return;
  const SignedVoucher& voucher = authorised->voucher;
  const auto [known, is_new] = sent_.emplace(voucher.voucher.seq, voucher);
  if (!payer_lost_books_) CHECK((is_new || known->second == voucher));
  sent_most_ = std::max(sent_most_, voucher.voucher.cumulative.nano());
  requests_.push_back({.id = id, .price_max = price_max, .voucher = voucher});
}

void Play::serve(const Asked& asked) {
  const auto shown = payee_->present(asked.voucher);
  if (!shown) return answer_refusal(asked, shown.error());
  const auto reserved = payee_->reserve(asked.id, asked.price_max);
  if (!reserved) {
    if (*shown && !persist(**shown)) return;
    return answer_refusal(asked, reserved.error());
  }
  if (!persist(*reserved)) return;
  CHECK((payee_lost_books_ || !served_.contains(asked.id)));
  working_[asked.id] = asked.price_max;
}

void Play::answer_refusal(const Asked& asked, const Error& why) {
  if (why.is(ChannelError::kConflict) && payee_->record().held) {
    const auto adopted = payer_->adopt(*payee_->record().held, payee_->record().billed);
    REQUIRE(adopted.has_value());
    if (*adopted && !persist(**adopted)) return;
  }
  if (!why.is(ChannelError::kUncovered)) return;
  // The payee has bills that the payer has not seen, or the payer's books have credit that the
  // payee's have not.
  for (const RequestRecord& record : payee_disk_.requests) {
    if (record.state == RequestState::kBilled) take_bill({.id = record.id, .price = record.price});
  }
  if ((payer_lost_books_ || payee_lost_books_) &&
      payer_->record().spent < payee_->record().billed && !persist(payer_->write_off())) {
    return;
  }
  const RequestRecord* known = payer_->find(asked.id);
  if (known != nullptr && known->state == RequestState::kOpen) send(asked.id, asked.price_max);
}

void Play::finish_work() {
  if (working_.empty()) return;
  auto at = working_.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(below(working_.size())));
  const auto [id, most] = *at;
  working_.erase(at);
  const NanoTon price = nano(below(most.nano() + 1));
  if (chance(10)) {
    const auto released = payee_->release(id);
    if (released && *released) (void)persist(**released);
    return;
  }
  const auto billed = payee_->bill(id, price);
  // After a loss of books it may be a request that they do not know.
  if (!billed || !*billed) return;
  CHECK_FALSE(payee_->bill(id, nano(most.nano() + 1)).has_value());
  const auto& disk = payee_disk_.record.billed;
  const NanoTon before = disk;
  const bool is_alive = persist(**billed);
  if (disk == before && price != NanoTon()) return;  // crashed before: nobody ever hears of it
  if (served_.emplace(id, price).second) served_sum_ += price.nano();
  if (is_alive) bills_.push_back({.id = id, .price = price});
}

void Play::take_bill(const Billed& bill) {
  const RequestRecord* known = payer_->find(bill.id);
  if (cheat_ == Cheat::kPayeeOverbills && known != nullptr) {
    CHECK_FALSE(payer_->commit(bill.id, nano(known->price_max.nano() + 1)).has_value());
  }
  const auto committed = payer_->commit(bill.id, bill.price);
  // Only a payer that forgot something refuses an honest bill.
  CHECK((committed.has_value() || payer_lost_books_ || payee_lost_books_));
  if (committed && *committed) (void)persist(**committed);
}

void Play::give_up() {
  for (const RequestRecord& record : payer_disk_.requests) {
    if (record.state != RequestState::kOpen || !chance(30)) continue;
    const auto released = payer_->release(record.id);
    if (released && *released) (void)persist(**released);
    return;
  }
}

void Play::look_at_chain() {
  REQUIRE(payer_->update(chain_).has_value());
  REQUIRE(payee_->update(chain_, random_()).has_value());
}

void Play::redeem() {
  const auto due = payee_->due(UnixSeconds(1));
  if (!due) return;
  example::redeem(chain_, *due);
  if (chance(50)) look_at_chain();
}

void Play::crash() {
  if (chance(50)) {
    restart_payer();
  } else {
    restart_payee();
  }
}

void Play::cheat() {
  switch (cheat_) {
    case Cheat::kNone:
    case Cheat::kPayeeOverbills:
      return;
    case Cheat::kPayerLosesBooks:
      if (chance(80)) {
        old_payer_disk_ = payer_disk_;
      } else {
        payer_lost_books_ = true;
        payer_disk_ = old_payer_disk_;
        restart_payer();
      }
      return;
    case Cheat::kPayeeLosesBooks:
      payee_lost_books_ = true;
      payee_disk_ = Payee::baseline(chain_, payee_disk_.record.held);
      working_.clear();
      restart_payee();
      return;
    case Cheat::kPayerCloses:
      if (chain_.state.status != ChannelStatus::kOpen) return;
      chain_.state.status = ChannelStatus::kClosing;
      chain_.state.closes_at = UnixSeconds(1'000'000);
      return;
  }
}

void Play::step() {
  switch (below(12)) {
    case 0:
    case 1:
      ask();
      break;
    case 2:
    case 3:
    case 4:
      if (const auto asked = take(requests_)) serve(*asked);
      break;
    case 5:
    case 6:
      finish_work();
      break;
    case 7:
    case 8:
      if (const auto bill = take(bills_)) take_bill(*bill);
      break;
    case 9:
      give_up();
      redeem();
      break;
    case 10:
      if (chance(20)) crash();
      if (chance(20)) look_at_chain();
      break;
    default:
      if (chance(10)) cheat();
  }
  check();
}

void Play::check() const {
  // All that a payee could still get of what was signed, against all that was delivered.
  const std::uint64_t payable = std::min(sent_most_, kDeposit);
  CHECK(payable <= served_sum_ + kExposure);
  CHECK(chain_.state.paid.nano() <= payable);
  if (payee_lost_books_) return;
  // Whatever was delivered is covered by a voucher on the payee's own disk.
  const auto& held = payee_disk_.record.held;
  const std::uint64_t covered = held ? held->voucher.cumulative.nano() : 0;
  CHECK(served_sum_ == payee_disk_.record.billed.nano());
  CHECK(served_sum_ <= std::min(covered, kDeposit));
}

void Play::close() {
  restart_payer();
  restart_payee();
  for (const RequestRecord& record : PayeeBooks(payee_disk_).requests) {
    if (record.state == RequestState::kOpen) REQUIRE(payee_->release(record.id).has_value());
    if (record.state == RequestState::kBilled) take_bill({.id = record.id, .price = record.price});
  }
  restart_payer();
  for (const RequestRecord& record : PayeeBooks(payee_disk_).requests) {
    // A crash on the way is made good by asking once more.
    if (record.state != RequestState::kBilled) continue;
    const auto committed = payer_->commit(record.id, record.price);
    if (committed && *committed) apply(payer_disk_, **committed);
  }
  for (const RequestRecord& record : PayerBooks(payer_disk_).requests) {
    REQUIRE(payer_->release(record.id).has_value());
  }
  if (cheat_ == Cheat::kPayerCloses && chain_.state.status == ChannelStatus::kClosing) {
    look_at_chain();
    if (const auto due = payee_->due(UnixSeconds(1))) example::redeem(chain_, *due);
    const auto settled = example::finish(chain_);
    CHECK(settled.payee.nano() >= served_sum_);
    CHECK(settled.payee.nano() <= served_sum_ + kExposure);
    CHECK(settled.payee.nano() + settled.payer.nano() == kDeposit);
    return;
  }
  const auto of_payee = payee_->agree();
  REQUIRE(of_payee.has_value());
  const auto of_payer = payer_->agree(of_payee->amount, of_payee->signature);
  if (payer_lost_books_ || payee_lost_books_) {
    CHECK(of_payee->amount.amount.nano() <= served_sum_ + kExposure);
    return;
  }
  REQUIRE(of_payer.has_value());
  CHECK(payer_->record().spent.nano() == served_sum_);
  const std::uint64_t ahead = chain_.state.paid.nano();
  const auto settled = example::coop_close(chain_, of_payer->amount);
  CHECK(settled.payee.nano() == std::max(served_sum_, ahead));
  CHECK(settled.payee.nano() + settled.payer.nano() == kDeposit);
}

namespace {

void play(Cheat cheat, std::uint64_t first_seed) {
  for (std::uint64_t seed = first_seed; seed < first_seed + 60; ++seed) {
    CAPTURE(seed);
    Play play(seed, cheat);
    for (int i = 0; i < 400; ++i) play.step();
    play.close();
  }
}

TEST_CASE("honest ends agree to the nano whatever crashes, gets lost, comes twice or late") {
  play(Cheat::kNone, 1);
}

TEST_CASE("a payer that lost its books pays no more than its exposure for nothing") {
  play(Cheat::kPayerLosesBooks, 1'000);
}

TEST_CASE("a payee that lost its books costs the payer no more than its exposure") {
  play(Cheat::kPayeeLosesBooks, 2'000);
}

TEST_CASE("a payee that bills too much gets nothing by it") { play(Cheat::kPayeeOverbills, 3'000); }

TEST_CASE("a payer that closes in the middle pays for everything that was billed") {
  play(Cheat::kPayerCloses, 4'000);
}

}  // namespace
}  // namespace cocoon::channel
