#include "sealed/format/stream.h"

#include <algorithm>

#include "base/check.h"
#include "base/reader.h"

namespace cocoon::sealed {
namespace {

constexpr std::string_view kMagic = "CCR1";

}  // namespace

ByteArray<kResponseHeaderSize> ResponseHeader::encode() const {
  Writer writer;
  writer.bytes(as_bytes(kMagic)).bytes(kid.view()).bytes(nonce.view());
  COCOON_CHECK(writer.view().size() == kResponseHeaderSize);
  ByteArray<kResponseHeaderSize> out;
  std::ranges::copy(writer.view(), out.begin());
  return out;
}

Result<ResponseHeader> ResponseHeader::decode(BytesView bytes) {
  if (bytes.size() < kResponseHeaderSize) {
    return fail(SealedError::kTruncated, "more bytes of the response header are needed");
  }
  Reader reader(bytes);
  TRY(const BytesView magic, reader.take(kMagic.size()));
  if (as_text(magic) != kMagic) {
    return fail(SealedError::kUnsupported, "not a version 1 response stream");
  }
  ResponseHeader header;
  TRY(header.kid, reader.tagged<Kid>());
  TRY(header.nonce, reader.tagged<ResponseNonce>());
  return header;
}

}  // namespace cocoon::sealed
