#include "attest/policy_cbor.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "attest/malformed.h"
#include "codec/cbor.h"

namespace cocoon::attest {
namespace {

using codec::Cbor;
using codec::CborFields;

constexpr std::uint64_t kVersion = 5;
// An item for each hash and number of the longest policy that a registry file may hold, and more.
constexpr codec::CborLimits kLimits{.depth = 6, .items = 200'000};

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

std::unexpected<Error> malformed(const char* why) { return fail(AttestError::kMalformed, why); }

template <std::size_t N>
Result<ByteArray<N>> array_of(const Cbor& item) {
  TRY(const BytesView bytes, item.as_bytes());
  if (bytes.size() != N) return malformed("a value of the wrong length");
  ByteArray<N> out;
  std::ranges::copy(bytes, out.begin());
  return out;
}

template <std::size_t N>
Result<ByteArray<N>> read_array(CborFields& fields, std::int64_t at) {
  TRY(const Cbor* const item, fields.required(at));
  return array_of<N>(*item);
}

template <class Tagged>
Result<Tagged> tagged_of(const Cbor& item) {
  TRY(const BytesView bytes, item.as_bytes());
  return Tagged::from(bytes);
}

Result<std::uint32_t> read_u32(CborFields& fields, std::int64_t at) {
  TRY(const std::uint64_t value, fields.unsigned_integer(at));
  if (value > UINT32_MAX) return malformed("a number out of range");
  return static_cast<std::uint32_t>(value);
}

Result<std::string> read_text(CborFields& fields, std::int64_t at) {
  TRY(const std::string_view text, fields.text(at));
  return std::string(text);
}

// Each item of the array at this key, read by `read`.
template <class Read>
auto read_list(CborFields& fields, std::int64_t at, Read read)
    -> Result<std::vector<typename std::invoke_result_t<Read, const Cbor&>::value_type>> {
  TRY(const Cbor* const item, fields.required(at));
  TRY(const Cbor::Array* const items, item->as_array());
  std::vector<typename std::invoke_result_t<Read, const Cbor&>::value_type> out;
  out.reserve(items->size());
  for (const Cbor& one : *items) {
    TRY(out.emplace_back(), read(one));
  }
  return out;
}

Result<std::string> text_of(const Cbor& item) {
  TRY(const std::string_view text, item.as_text());
  return std::string(text);
}

Result<Bytes> bytes_of(const Cbor& item) {
  TRY(const BytesView bytes, item.as_bytes());
  return to_bytes(bytes);
}

Result<ShapeGpus> read_gpus(CborFields& fields, std::int64_t count_at, std::int64_t model_at) {
  ShapeGpus out;
  TRY(out.count, read_u32(fields, count_at));
  TRY(out.model, read_text(fields, model_at));
  return out;
}

Result<MachineShape> read_shape(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  MachineShape out;
  TRY(out.name, read_text(fields, 1));
  TRY(out.rtmr0, read_array<48>(fields, 2));
  TRY(out.xfam, read_array<8>(fields, 3));
  TRY(out.gpus, read_gpus(fields, 4, 5));
  TRY_VOID(fields.finish());
  return out;
}

Result<Image> read_image(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  Image out;
  TRY(out.name, read_text(fields, 1));
  TRY(out.mrtd, read_array<48>(fields, 2));
  TRY(out.rtmr1, read_array<48>(fields, 3));
  TRY(out.rtmr2, read_array<48>(fields, 4));
  TRY(out.shapes, read_list(fields, 5, read_shape));
  TRY_VOID(fields.finish());
  return out;
}

Result<SnpShape> read_snp_shape(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  SnpShape out;
  TRY(out.name, read_text(fields, 1));
  TRY(out.measurement, read_array<48>(fields, 2));
  TRY(out.gpus, read_gpus(fields, 3, 4));
  TRY_VOID(fields.finish());
  return out;
}

Result<SnpImage> read_snp_image(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  SnpImage out;
  TRY(out.name, read_text(fields, 1));
  TRY(out.shapes, read_list(fields, 2, read_snp_shape));
  TRY_VOID(fields.finish());
  return out;
}

Result<StatusException> read_exception(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  StatusException out;
  TRY(const std::string_view name, fields.text(1));
  const auto status = intel::tolerable_status_of(name);
  if (!status) return malformed("an exception for a status that has none");
  out.status = *status;
  TRY(out.advisories, read_list(fields, 2, text_of));
  TRY(const std::uint32_t until, read_u32(fields, 3));
  out.until = UnixSeconds(until);
  TRY_VOID(fields.finish());
  return out;
}

Result<TrustedBlock> read_trusted_block_item(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  TrustedBlock out;
  TRY(const std::uint32_t seqno, read_u32(fields, 1));
  out.seqno = Seqno(seqno);
  TRY(out.root_hash, fields.tagged_bytes<BlockHash>(2));
  TRY(out.file_hash, fields.tagged_bytes<BlockFileHash>(3));
  TRY_VOID(fields.finish());
  return out;
}

Result<nvidia::GpuPolicy> read_gpu_policy(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  nvidia::GpuPolicy out;
  TRY(out.roots, read_list(fields, 1, array_of<32>));
  TRY(out.golden_keys, read_list(fields, 2, tagged_of<crypto::Ed25519PublicKey>));
  TRY(out.driver_versions, read_list(fields, 3, text_of));
  TRY(out.vbios_versions, read_list(fields, 4, text_of));
  TRY_VOID(fields.finish());
  return out;
}

Result<std::optional<amd::TcbVersion>> read_floor(CborFields& fields, std::int64_t at) {
  TRY(const BytesView bytes, fields.bytes(at));
  if (bytes.empty()) return std::nullopt;
  if (bytes.size() != 5) return malformed("a firmware floor of the wrong length");
  const auto part = [&](std::size_t i) { return std::to_integer<std::uint8_t>(bytes[i]); };
  return amd::TcbVersion{
      .fmc = part(0), .bootloader = part(1), .tee = part(2), .snp = part(3), .microcode = part(4)};
}

Result<SnpPolicy> read_snp_policy(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  SnpPolicy out;
  TRY(out.roots, read_list(fields, 1, array_of<32>));
  TRY(out.guests.genoa_tcb_min, read_floor(fields, 2));
  TRY(out.guests.turin_tcb_min, read_floor(fields, 3));
  TRY_VOID(fields.finish());
  return out;
}

Result<Policy> read_policy(const Cbor& item) {
  TRY(CborFields fields, CborFields::of(item));
  TRY(const std::uint64_t version, fields.unsigned_integer(1));
  if (version != kVersion) return fail(AttestError::kUnsupported, "unknown version");
  Policy out;
  TRY(const std::int64_t network, fields.integer(2));
  if (network < INT32_MIN || network > INT32_MAX) return malformed("no network");
  out.network = NetworkId(static_cast<std::int32_t>(network));
  TRY(out.images, read_list(fields, 3, read_image));
  TRY(out.roots, read_list(fields, 4, tagged_of<RootFingerprint>));
  TRY(const std::uint32_t age, read_u32(fields, 5));
  out.statement_age_max = std::chrono::seconds(age);
  TRY(out.exceptions, read_list(fields, 6, read_exception));
  TRY(out.banned_platforms, read_list(fields, 7, bytes_of));
  TRY(out.evaluation_number_min, read_u32(fields, 8));
  TRY(out.trusted_blocks, read_list(fields, 9, read_trusted_block_item));
  TRY(const Cbor* const gpus, fields.required(10));
  TRY(out.gpus, read_gpu_policy(*gpus));
  TRY(const Cbor* const snp, fields.required(11));
  TRY(out.snp, read_snp_policy(*snp));
  TRY(out.snp_images, read_list(fields, 12, read_snp_image));
  TRY_VOID(fields.finish());
  return out;
}

Result<Policy> decode_canonical(BytesView cbor) {
  if (cbor.size() > kPolicyCborBytesMax) return malformed("too long");
  TRY(const Cbor item, codec::decode_cbor(cbor, kLimits));
  TRY(Policy policy, read_policy(item));
  if (!equal(encode_policy(policy), cbor)) return malformed("not as it would be written");
  return policy;
}

}  // namespace

Bytes encode_policy(const Policy& policy) {
  std::vector<Image> sorted_images = policy.images;
  std::ranges::sort(sorted_images, {},
                    [](const Image& i) { return std::tie(i.name, i.mrtd, i.rtmr1, i.rtmr2); });
  Cbor::Array encoded_images;
  for (const Image& image : sorted_images) encoded_images.push_back(encode_image(image));
  Cbor::Array encoded_exceptions;
  for (const StatusException& exception : policy.exceptions) {
    encoded_exceptions.push_back(encode_exception(exception));
  }
  std::ranges::sort(encoded_exceptions, {}, [](const Cbor& c) { return codec::encode_cbor(c); });
  return codec::encode_cbor(
      Cbor::map({{key(1), Cbor::unsigned_integer(kVersion)},
                 {key(2), Cbor::integer(policy.network.value())},
                 {key(3), Cbor::array(std::move(encoded_images))},
                 {key(4), encode_sorted(policy.roots)},
                 {key(5), Cbor::integer(policy.statement_age_max.count())},
                 {key(6), Cbor::array(std::move(encoded_exceptions))},
                 {key(7), encode_sorted(policy.banned_platforms)},
                 {key(8), Cbor::unsigned_integer(policy.evaluation_number_min)},
                 {key(9), encode_sorted(policy.trusted_blocks)},
                 {key(10), encode_gpu_policy(policy.gpus)},
                 {key(11), encode_snp_policy(policy.snp)},
                 {key(12), encode_snp_images(policy.snp_images)}}));
}

Result<Policy> decode_policy(BytesView cbor) {
  return or_malformed(decode_canonical(cbor), "policy");
}

}  // namespace cocoon::attest
