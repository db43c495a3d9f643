#include "base/check.h"
#include "ton/cell/boc.h"
#include "ton/cell/hashmap.h"

// A bag that parses is written again in each header's form, and reads back as the same cells;
// reading its first root as a hashmap ends in a value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cocoon;
  using namespace cocoon::ton;
  const auto roots = parse_boc(std::as_bytes(std::span(data, size)), {.cells = 4096});
  if (!roots) return 0;
  for (const BocHeader header :
       {BocHeader::kGeneric, BocHeader::kGenericCrc, BocHeader::kGenericIndexedCrc,
        BocHeader::kIndexed, BocHeader::kIndexedCrc}) {
    const auto written = write_boc(*roots, header);
    if (!written) continue;  // more roots than the header can have
    const auto again = parse_boc(*written);
    COCOON_CHECK(again.has_value() && again->size() == roots->size());
    for (std::size_t i = 0; i < roots->size(); ++i)
      COCOON_CHECK((*again)[i]->hash() == (*roots)[i]->hash());
  }
  for (const std::size_t key_bits : {16U, 256U}) {
    const auto values = read_hashmap(roots->front(), key_bits, 1000);
    if (!values) continue;
    const auto written = write_hashmap(*values, key_bits);
    if (!written) continue;  // a value that fitted only beside a label of another length
    const auto again = read_hashmap(*written, key_bits, 1000);
    COCOON_CHECK(again.has_value() && again->size() == values->size());
  }
  return 0;
}
