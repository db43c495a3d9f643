#include "attest/policy.h"

#include <algorithm>
#include <array>

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
                                        {key(3), Cbor::bytes(shape.xfam)},
                                        {key(4), Cbor::unsigned_integer(shape.gpus.count)},
                                        {key(5), Cbor::text(shape.gpus.model)}}));
  }
  return Cbor::map({{key(1), Cbor::text(image.name)},
                    {key(2), Cbor::bytes(image.mrtd)},
                    {key(3), Cbor::bytes(image.rtmr1)},
                    {key(4), Cbor::bytes(image.rtmr2)},
                    {key(5), Cbor::array(std::move(encoded_shapes))}});
}

template <class Tag, std::size_t N>
Cbor encoded(const TaggedBytes<Tag, N>& value) {
  return Cbor::bytes(value.view());
}
Cbor encoded(BytesView value) { return Cbor::bytes(value); }
Cbor encoded(const std::string& value) { return Cbor::text(value); }
Cbor encoded(const TrustedBlock& block) {
  return Cbor::map({{key(1), Cbor::unsigned_integer(block.seqno.value())},
                    {key(2), Cbor::bytes(block.root_hash.view())},
                    {key(3), Cbor::bytes(block.file_hash.view())}});
}

template <class Value>
Cbor encode_sorted(std::vector<Value> values) {
  std::ranges::sort(values);
  Cbor::Array items;
  for (const Value& value : values) items.push_back(encoded(value));
  return Cbor::array(std::move(items));
}

Cbor encode_exception(const StatusException& exception) {
  return Cbor::map({{key(1), Cbor::text(std::string(intel::name_of(exception.status)))},
                    {key(2), encode_sorted(exception.advisories)},
                    {key(3), Cbor::unsigned_integer(exception.until.value())}});
}

Cbor encode_floor(const std::optional<amd::TcbVersion>& tcb) {
  if (!tcb) return Cbor::bytes({});
  const std::array parts{tcb->fmc, tcb->bootloader, tcb->tee, tcb->snp, tcb->microcode};
  return Cbor::bytes(std::as_bytes(std::span(parts)));
}

Cbor encode_snp_policy(const SnpPolicy& snp) {
  return Cbor::map({{key(1), encode_sorted(snp.roots)},
                    {key(2), encode_floor(snp.guests.genoa_tcb_min)},
                    {key(3), encode_floor(snp.guests.turin_tcb_min)}});
}

// In the order of their encodings, as their shapes are.
Cbor encode_snp_images(const std::vector<SnpImage>& images) {
  const auto sorted = [](Cbor::Array items) {
    std::ranges::sort(items, {}, [](const Cbor& item) { return codec::encode_cbor(item); });
    return Cbor::array(std::move(items));
  };
  Cbor::Array encoded;
  for (const SnpImage& image : images) {
    Cbor::Array shapes;
    for (const SnpShape& shape : image.shapes) {
      shapes.push_back(Cbor::map({{key(1), Cbor::text(shape.name)},
                                  {key(2), Cbor::bytes(shape.measurement)},
                                  {key(3), Cbor::unsigned_integer(shape.gpus.count)},
                                  {key(4), Cbor::text(shape.gpus.model)}}));
    }
    encoded.push_back(
        Cbor::map({{key(1), Cbor::text(image.name)}, {key(2), sorted(std::move(shapes))}}));
  }
  return sorted(std::move(encoded));
}

Cbor encode_gpu_policy(const nvidia::GpuPolicy& gpus) {
  return Cbor::map({{key(1), encode_sorted(gpus.roots)},
                    {key(2), encode_sorted(gpus.golden_keys)},
                    {key(3), encode_sorted(gpus.driver_versions)},
                    {key(4), encode_sorted(gpus.vbios_versions)}});
}

}  // namespace

ImageHash image_hash_of(const Image& image, const MachineShape& shape) {
  return ImageHash(
      crypto::sha256({label("cocoon/1 image"), image.mrtd, shape.rtmr0, image.rtmr1, image.rtmr2}));
}

ImageHash image_hash_of(const SnpShape& shape) {
  return ImageHash(crypto::sha256({label("cocoon/1 snp image"), shape.measurement}));
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
  Cbor::Array encoded_exceptions;
  for (const StatusException& exception : exceptions) {
    encoded_exceptions.push_back(encode_exception(exception));
  }
  std::ranges::sort(encoded_exceptions, {}, [](const Cbor& c) { return codec::encode_cbor(c); });
  const Bytes encoded =
      codec::encode_cbor(Cbor::map({{key(1), Cbor::unsigned_integer(5)},
                                    {key(2), Cbor::integer(network.value())},
                                    {key(3), Cbor::array(std::move(encoded_images))},
                                    {key(4), encode_sorted(roots)},
                                    {key(5), Cbor::integer(statement_age_max.count())},
                                    {key(6), Cbor::array(std::move(encoded_exceptions))},
                                    {key(7), encode_sorted(banned_platforms)},
                                    {key(8), Cbor::unsigned_integer(evaluation_number_min)},
                                    {key(9), encode_sorted(trusted_blocks)},
                                    {key(10), encode_gpu_policy(gpus)},
                                    {key(11), encode_snp_policy(snp)},
                                    {key(12), encode_snp_images(snp_images)}}));
  return PolicyHash(crypto::sha256({label("cocoon/1 policy"), encoded}));
}

}  // namespace cocoon::attest
