#include "attest/policy.h"

#include <algorithm>

#include "codec/cbor.h"

namespace cocoon::attest {
namespace {

using codec::Cbor;

Cbor key(std::uint64_t number) { return Cbor::unsigned_integer(number); }

Cbor encode_image(const Image& image) {
  std::vector<MachineShape> shapes = image.shapes;
  std::ranges::sort(shapes, {},
                    [](const MachineShape& s) { return std::tie(s.name, s.rtmr0, s.xfam); });
  Cbor::Array encoded_shapes;
  for (const MachineShape& shape : shapes) {
    encoded_shapes.push_back(Cbor::map({{key(1), Cbor::text(shape.name)},
                                        {key(2), Cbor::bytes(shape.rtmr0)},
                                        {key(3), Cbor::bytes(shape.xfam)}}));
  }
  return Cbor::map({{key(1), Cbor::text(image.name)},
                    {key(2), Cbor::bytes(image.mrtd)},
                    {key(3), Cbor::bytes(image.rtmr1)},
                    {key(4), Cbor::bytes(image.rtmr2)},
                    {key(5), Cbor::array(std::move(encoded_shapes))}});
}

Cbor encode_exception(const StatusException& exception) {
  Cbor::Array advisories;
  std::vector<std::string> sorted = exception.advisories;
  std::ranges::sort(sorted);
  for (const std::string& advisory : sorted) advisories.push_back(Cbor::text(advisory));
  return Cbor::map({{key(1), Cbor::text(std::string(intel::name_of(exception.status)))},
                    {key(2), Cbor::array(std::move(advisories))},
                    {key(3), Cbor::unsigned_integer(exception.until.value())}});
}

Cbor encode_bans(std::vector<Bytes> bans) {
  std::ranges::sort(bans);
  Cbor::Array encoded;
  for (const Bytes& ban : bans) encoded.push_back(Cbor::bytes(ban));
  return Cbor::array(std::move(encoded));
}

Cbor encode_trusted_blocks(std::vector<TrustedBlock> blocks) {
  std::ranges::sort(blocks);
  Cbor::Array encoded;
  for (const TrustedBlock& block : blocks) {
    encoded.push_back(Cbor::map({{key(1), Cbor::unsigned_integer(block.seqno.value())},
                                 {key(2), Cbor::bytes(block.root_hash.view())},
                                 {key(3), Cbor::bytes(block.file_hash.view())}}));
  }
  return Cbor::array(std::move(encoded));
}

}  // namespace

ImageHash image_hash_of(const Image& image, const MachineShape& shape) {
  return ImageHash(
      crypto::sha256({label("cocoon/1 image"), image.mrtd, shape.rtmr0, image.rtmr1, image.rtmr2}));
}

bool Policy::bans(BytesView platform_id) const {
  return std::ranges::any_of(banned_platforms,
                             [&](const Bytes& banned) { return equal(banned, platform_id); });
}

bool Policy::trusts(const TrustedBlock& block) const {
  return std::ranges::find(trusted_blocks, block) != trusted_blocks.end();
}

bool Policy::tolerates(intel::TcbStatus status, const std::vector<std::string>& advisories,
                       UnixSeconds at) const {
  return std::ranges::any_of(exceptions, [&](const StatusException& exception) {
    return exception.status == status && at <= exception.until &&
           std::ranges::all_of(advisories, [&](const std::string& advisory) {
             return std::ranges::find(exception.advisories, advisory) != exception.advisories.end();
           });
  });
}

PolicyHash Policy::hash() const {
  std::vector<Image> sorted_images = images;
  std::ranges::sort(sorted_images, {},
                    [](const Image& i) { return std::tie(i.name, i.mrtd, i.rtmr1, i.rtmr2); });
  Cbor::Array encoded_images;
  for (const Image& image : sorted_images) encoded_images.push_back(encode_image(image));
  std::vector<RootFingerprint> sorted_roots = roots;
  std::ranges::sort(sorted_roots);
  Cbor::Array encoded_roots;
  for (const RootFingerprint& root : sorted_roots)
    encoded_roots.push_back(Cbor::bytes(root.view()));
  Cbor::Array encoded_exceptions;
  for (const StatusException& exception : exceptions) {
    encoded_exceptions.push_back(encode_exception(exception));
  }
  std::ranges::sort(encoded_exceptions, {}, [](const Cbor& c) { return codec::encode_cbor(c); });
  const Bytes encoded =
      codec::encode_cbor(Cbor::map({{key(1), Cbor::unsigned_integer(3)},
                                    {key(2), Cbor::integer(network.value())},
                                    {key(3), Cbor::array(std::move(encoded_images))},
                                    {key(4), Cbor::array(std::move(encoded_roots))},
                                    {key(5), Cbor::integer(statement_age_max.count())},
                                    {key(6), Cbor::array(std::move(encoded_exceptions))},
                                    {key(7), encode_bans(banned_platforms)},
                                    {key(8), Cbor::unsigned_integer(evaluation_number_min)},
                                    {key(9), encode_trusted_blocks(trusted_blocks)}}));
  return PolicyHash(crypto::sha256({label("cocoon/1 policy"), encoded}));
}

}  // namespace cocoon::attest
