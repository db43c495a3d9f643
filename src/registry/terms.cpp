#include <utility>

#include "registry/entries.h"
#include "registry/indexed.h"
#include "registry/text.h"

namespace cocoon::registry {
namespace {

using attest::StatusException;
using attest::TrustedBlock;
using attest::amd::Product;
using ton::Builder;
using ton::CellRef;
using ton::Slice;

enum class TermTag : std::uint8_t {
  kException = 1,
  kTrustedBlock = 2,
  kGoldenKey = 3,
  kGpuDriver = 4,
  kGpuVbios = 5,
  kSnpFloor = 6,
};

std::unexpected<Error> bad(const char* what) { return fail(RegistryError::kBadEntry, what); }

Result<Term> load_exception(Slice& slice) {
  StatusException out;
  TRY(const auto until, slice.load<std::uint32_t>());
  out.until = UnixSeconds(until);
  TRY(out.advisories, load_indexed<std::string>(slice, &load_word));
  TRY(const std::string status, load_word(slice));
  const auto known = attest::intel::tolerable_status_of(status);
  if (!known) return bad("an exception for a status that cannot be tolerated");
  out.status = *known;
  return out;
}

Result<Term> load_trusted_block(Slice& slice) {
  TrustedBlock out;
  TRY(const auto seqno, slice.load<std::uint32_t>());
  out.seqno = Seqno(seqno);
  TRY(out.root_hash, slice.load_tagged<BlockHash>());
  TRY(out.file_hash, slice.load_tagged<BlockFileHash>());
  return out;
}

Result<Term> load_snp_floor(Slice& slice) {
  SnpFloor out;
  TRY(const auto product, slice.load<std::uint8_t>());
  if (product != static_cast<std::uint8_t>(Product::kGenoa) &&
      product != static_cast<std::uint8_t>(Product::kTurin))
    return bad("a firmware floor of a processor that is never accepted");
  out.product = static_cast<Product>(product);
  auto& tcb = out.tcb_min;
  for (std::uint8_t* const part : {&tcb.fmc, &tcb.bootloader, &tcb.tee, &tcb.snp, &tcb.microcode}) {
    TRY(*part, slice.load<std::uint8_t>());
  }
  return out;
}

Result<Term> load_term(Slice& slice) {
  TRY(const auto tag, slice.load<std::uint8_t>());
  switch (static_cast<TermTag>(tag)) {
    case TermTag::kException:
      return load_exception(slice);
    case TermTag::kTrustedBlock:
      return load_trusted_block(slice);
    case TermTag::kGoldenKey: {
      TRY(const auto key, slice.load_tagged<crypto::Ed25519PublicKey>());
      return GoldenKey{key};
    }
    case TermTag::kGpuDriver: {
      TRY(std::string version, load_word(slice));
      return GpuDriver{std::move(version)};
    }
    case TermTag::kGpuVbios: {
      TRY(std::string version, load_word(slice));
      return GpuVbios{std::move(version)};
    }
    case TermTag::kSnpFloor:
      return load_snp_floor(slice);
  }
  return bad("a kind of term that is not known");
}

Builder tagged(TermTag tag) {
  Builder cell;
  cell.uint(static_cast<std::uint8_t>(tag), 8);
  return cell;
}

Result<CellRef> write(const StatusException& exception) {
  Builder cell = tagged(TermTag::kException);
  cell.uint(exception.until.value(), 32);
  TRY_VOID(store_indexed(cell, exception.advisories, &store_text));
  TRY_VOID(store_text(cell, attest::intel::name_of(exception.status)));
  return cell.build();
}

Result<CellRef> write(const TrustedBlock& block) {
  return tagged(TermTag::kTrustedBlock)
      .uint(block.seqno.value(), 32)
      .bytes(block.root_hash.view())
      .bytes(block.file_hash.view())
      .build();
}

Result<CellRef> write(const GoldenKey& golden) {
  return tagged(TermTag::kGoldenKey).bytes(golden.key.view()).build();
}

Result<CellRef> write_version(TermTag tag, const std::string& version) {
  Builder cell = tagged(tag);
  TRY_VOID(store_text(cell, version));
  return cell.build();
}
Result<CellRef> write(const GpuDriver& driver) {
  return write_version(TermTag::kGpuDriver, driver.version);
}
Result<CellRef> write(const GpuVbios& vbios) {
  return write_version(TermTag::kGpuVbios, vbios.version);
}

Result<CellRef> write(const SnpFloor& floor) {
  const auto& tcb = floor.tcb_min;
  Builder cell = tagged(TermTag::kSnpFloor);
  cell.uint(static_cast<std::uint8_t>(floor.product), 8);
  for (const std::uint8_t part : {tcb.fmc, tcb.bootloader, tcb.tee, tcb.snp, tcb.microcode})
    cell.uint(part, 8);
  return cell.build();
}

}  // namespace

Result<Term> read_term(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY(Term term, load_term(slice));
  TRY_VOID(slice.expect_end());
  return term;
}

Result<CellRef> write_term(const Term& term) {
  return std::visit([](const auto& known) { return write(known); }, term);
}

}  // namespace cocoon::registry
