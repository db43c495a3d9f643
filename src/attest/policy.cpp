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

}  // namespace

ImageHash image_hash_of(const Image& image, const MachineShape& shape) {
  return ImageHash(
      crypto::sha256({label("cocoon/1 image"), image.mrtd, shape.rtmr0, image.rtmr1, image.rtmr2}));
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
  const Bytes encoded =
      codec::encode_cbor(Cbor::map({{key(1), Cbor::unsigned_integer(1)},
                                    {key(2), Cbor::integer(network.value())},
                                    {key(3), Cbor::array(std::move(encoded_images))},
                                    {key(4), Cbor::array(std::move(encoded_roots))},
                                    {key(5), Cbor::integer(statement_age_max.count())}}));
  return PolicyHash(crypto::sha256({label("cocoon/1 policy"), encoded}));
}

}  // namespace cocoon::attest
