#include "registry/entries.h"

#include <algorithm>

#include "attest/nvidia/evidence.h"
#include "registry/indexed.h"
#include "registry/text.h"

namespace cocoon::registry {
namespace {

using ton::BitString;
using ton::Builder;
using ton::CellRef;
using ton::Slice;

constexpr std::uint64_t kTdxImageTag = 1;
constexpr std::uint64_t kSnpImageTag = 2;
constexpr std::size_t kPlatformBytesMax = 64;

std::unexpected<Error> bad(const char* what) { return fail(RegistryError::kBadEntry, what); }

template <std::size_t N>
Result<ByteArray<N>> load_array(Slice& slice) {
  TRY(const BitString bits, slice.load_bits(N * 8));
  ByteArray<N> out;
  std::ranges::copy(bits.bytes(), out.begin());
  return out;
}

// (Maybe ^Gpus); gpus#_ count:uint8 model:Text.
Result<attest::ShapeGpus> load_gpus(Slice& slice) {
  attest::ShapeGpus gpus;
  TRY(const CellRef cell, slice.load_maybe_ref());
  if (cell == nullptr) return gpus;
  TRY(Slice inner, Slice::open(cell));
  TRY(gpus.count, inner.load<std::uint8_t>());
  TRY(gpus.model, load_word(inner));
  if (gpus.count == 0 || gpus.count > attest::nvidia::kGpusMax)
    return bad("a shape with GPUs has 1 to 16 of them");
  TRY_VOID(inner.expect_end());
  return gpus;
}

// What every shape ends with: its name and its GPUs.
Status store_kind_of_machine(Builder& to, const std::string& name, const attest::ShapeGpus& gpus) {
  TRY_VOID(store_text(to, name));
  if (gpus.count == 0) {
    to.maybe_ref(nullptr);
    return {};
  }
  Builder inner;
  inner.uint(gpus.count, 8);
  TRY_VOID(store_text(inner, gpus.model));
  TRY(CellRef cell, inner.build());
  to.maybe_ref(std::move(cell));
  return {};
}

Result<attest::Image> load_tdx_image(Slice& slice) {
  attest::Image image;
  TRY(image.mrtd, load_array<48>(slice));
  TRY(image.rtmr1, load_array<48>(slice));
  TRY(image.shapes,
      load_indexed<attest::MachineShape>(slice, [](Slice& item) -> Result<attest::MachineShape> {
        attest::MachineShape shape;
        TRY(shape.rtmr0, load_array<48>(item));
        TRY(shape.xfam, load_array<8>(item));
        TRY(shape.name, load_word(item));
        TRY(shape.gpus, load_gpus(item));
        return shape;
      }));
  TRY(CellRef rest, slice.load_ref());
  TRY(Slice inner, Slice::open(std::move(rest)));
  TRY(image.rtmr2, load_array<48>(inner));
  TRY(image.name, load_word(inner));
  TRY_VOID(inner.expect_end());
  return image;
}

Result<attest::SnpImage> load_snp_image(Slice& slice) {
  attest::SnpImage image;
  TRY(image.name, load_word(slice));
  TRY(image.shapes,
      load_indexed<attest::SnpShape>(slice, [](Slice& item) -> Result<attest::SnpShape> {
        attest::SnpShape shape;
        TRY(shape.measurement, load_array<48>(item));
        TRY(shape.name, load_word(item));
        TRY(shape.gpus, load_gpus(item));
        return shape;
      }));
  return image;
}

Status store_image(Builder& to, const attest::Image& image) {
  to.uint(kTdxImageTag, 8).bytes(image.mrtd).bytes(image.rtmr1);
  TRY_VOID(store_indexed(to, image.shapes, [](Builder& item, const attest::MachineShape& shape) {
    item.bytes(shape.rtmr0).bytes(shape.xfam);
    return store_kind_of_machine(item, shape.name, shape.gpus);
  }));
  Builder rest;
  rest.bytes(image.rtmr2);
  TRY_VOID(store_text(rest, image.name));
  TRY(CellRef cell, rest.build());
  to.ref(std::move(cell));
  return {};
}

Status store_image(Builder& to, const attest::SnpImage& image) {
  to.uint(kSnpImageTag, 8);
  TRY_VOID(store_text(to, image.name));
  return store_indexed(to, image.shapes, [](Builder& item, const attest::SnpShape& shape) {
    item.bytes(shape.measurement);
    return store_kind_of_machine(item, shape.name, shape.gpus);
  });
}

std::size_t shape_count(const ImageEntry& image) {
  return std::visit([](const auto& known) { return known.shapes.size(); }, image);
}

Result<ImageEntry> load_image(Slice& slice) {
  TRY(const auto tag, slice.load<std::uint8_t>());
  if (tag == kTdxImageTag) {
    TRY(attest::Image image, load_tdx_image(slice));
    return image;
  }
  if (tag == kSnpImageTag) {
    TRY(attest::SnpImage image, load_snp_image(slice));
    return image;
  }
  return bad("a kind of image that is not known");
}

}  // namespace

Result<ImageEntry> read_image(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY(ImageEntry image, load_image(slice));
  TRY_VOID(slice.expect_end());
  if (shape_count(image) == 0) return bad("an image without a shape of machine");
  return image;
}

Result<CellRef> write_image(const ImageEntry& image) {
  Builder cell;
  TRY_VOID(std::visit([&](const auto& known) { return store_image(cell, known); }, image));
  return cell.build();
}

Result<std::string> read_model_name(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY(std::string name, load_word(slice));
  TRY_VOID(slice.expect_end());
  return name;
}

Result<CellRef> write_model_name(const std::string& name) {
  Builder cell;
  TRY_VOID(store_text(cell, name));
  return cell.build();
}

std::string_view name_of(Vendor vendor) {
  switch (vendor) {
    case Vendor::kIntel:
      return "Intel";
    case Vendor::kAmd:
      return "AMD";
    case Vendor::kNvidia:
      return "NVIDIA";
  }
  return "";
}

Result<RootEntry> read_root(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  RootEntry root;
  TRY(const auto vendor, slice.load<std::uint8_t>());
  if (vendor < 1 || vendor > static_cast<std::uint8_t>(Vendor::kNvidia))
    return bad("a root of a vendor that is not known");
  root.vendor = static_cast<Vendor>(vendor);
  TRY(root.name, load_title(slice));
  TRY_VOID(slice.expect_end());
  return root;
}

Result<CellRef> write_root(const RootEntry& root) {
  Builder cell;
  cell.uint(static_cast<std::uint8_t>(root.vendor), 8);
  TRY_VOID(store_text(cell, root.name));
  return cell.build();
}

Result<Bytes> read_platform(const CellRef& cell) {
  TRY(Slice slice, Slice::open(cell));
  TRY(const auto length, slice.load<std::uint8_t>());
  if (length != 8 && length != 16 && length != 32 && length != kPlatformBytesMax)
    return bad("a banned platform that is no PPID, CHIP_ID or GPU id");
  TRY(const BitString bits, slice.load_bits(std::size_t{length} * 8));
  TRY_VOID(slice.expect_end());
  return Bytes(bits.bytes().begin(), bits.bytes().end());
}

Result<CellRef> write_platform(BytesView id) {
  if (id.size() > kPlatformBytesMax) return bad("a platform's id is longer than any");
  return Builder().uint(id.size(), 8).bytes(id).build();
}

}  // namespace cocoon::registry
