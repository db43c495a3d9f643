#include "attest/image_toml.h"

#include <algorithm>

#include "attest/nvidia/evidence.h"

namespace cocoon::attest {
namespace {

using codec::TomlTable;

constexpr std::size_t kShapesMax = 256;

template <std::size_t N>
Result<ByteArray<N>> hex_array(TomlTable& table, std::string_view key) {
  TRY(const Bytes bytes, table.hex(key, N));
  ByteArray<N> out;
  std::ranges::copy(bytes, out.begin());
  return out;
}

Result<std::string> printable(TomlTable& table, const char* key) {
  TRY(std::string text, table.text(key, 128));
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (text.empty() || !is_printable)
    return table.refuse(key, "must be printable ASCII without spaces");
  return text;
}

Result<ShapeGpus> read_gpus(TomlTable& shape) {
  ShapeGpus out;
  TRY(const std::int64_t count, shape.integer_or("gpus", 0, {0, nvidia::kGpusMax}));
  out.count = static_cast<std::uint32_t>(count);
  if (count > 0) {
    TRY(out.model, printable(shape, "gpu_model"));
  }
  return out;
}

std::string write_gpus(const ShapeGpus& gpus) {
  if (gpus.count == 0) return {};
  return ", gpus = " + std::to_string(gpus.count) +
         ", gpu_model = " + codec::toml_quoted(gpus.model);
}

Result<std::vector<TomlTable>> read_shapes(TomlTable& image) {
  TRY(std::vector<TomlTable> shapes, image.tables("shapes", kShapesMax));
  if (shapes.empty()) return image.refuse("shapes", "an image needs at least one shape of machine");
  return shapes;
}

}  // namespace

Result<Image> read_image(TomlTable table) {
  Image out;
  TRY(out.name, printable(table, "name"));
  TRY(out.mrtd, hex_array<48>(table, "mrtd"));
  TRY(out.rtmr1, hex_array<48>(table, "rtmr1"));
  TRY(out.rtmr2, hex_array<48>(table, "rtmr2"));
  TRY(std::vector<TomlTable> shapes, read_shapes(table));
  for (TomlTable& row : shapes) {
    MachineShape shape;
    TRY(shape.name, printable(row, "name"));
    TRY(shape.rtmr0, hex_array<48>(row, "rtmr0"));
    TRY(shape.xfam, hex_array<8>(row, "xfam"));
    TRY(shape.gpus, read_gpus(row));
    TRY_VOID(row.finish());
    out.shapes.push_back(std::move(shape));
  }
  TRY_VOID(table.finish());
  return out;
}

Result<SnpImage> read_snp_image(TomlTable table) {
  SnpImage out;
  TRY(out.name, printable(table, "name"));
  TRY(std::vector<TomlTable> shapes, read_shapes(table));
  for (TomlTable& row : shapes) {
    SnpShape shape;
    TRY(shape.name, printable(row, "name"));
    TRY(shape.measurement, hex_array<48>(row, "measurement"));
    TRY(shape.gpus, read_gpus(row));
    TRY_VOID(row.finish());
    out.shapes.push_back(std::move(shape));
  }
  TRY_VOID(table.finish());
  return out;
}

std::string write_snp_image_toml(const SnpImage& image) {
  using codec::toml_quoted;
  std::string out = "name = " + toml_quoted(image.name) + "\nshapes = [\n";
  for (const SnpShape& shape : image.shapes) {
    out += "  {name = " + toml_quoted(shape.name) + ", measurement = \"" +
           to_hex(shape.measurement) + "\"" + write_gpus(shape.gpus) + "},\n";
  }
  return out + "]\n";
}

Result<Image> parse_image_toml(BytesView toml) {
  TRY(TomlTable table, TomlTable::parse(as_text(toml)));
  return read_image(std::move(table));
}

std::string write_image_toml(const Image& image) {
  using codec::toml_quoted;
  std::string out = "name = " + toml_quoted(image.name) + "\n";
  out += "mrtd = \"" + to_hex(image.mrtd) + "\"\n";
  out += "rtmr1 = \"" + to_hex(image.rtmr1) + "\"\n";
  out += "rtmr2 = \"" + to_hex(image.rtmr2) + "\"\n";
  out += "shapes = [\n";
  for (const MachineShape& shape : image.shapes) {
    out += "  {name = " + toml_quoted(shape.name) + ", rtmr0 = \"" + to_hex(shape.rtmr0) +
           "\", xfam = \"" + to_hex(shape.xfam) + "\"";
    out += write_gpus(shape.gpus) + "},\n";
  }
  return out + "]\n";
}

}  // namespace cocoon::attest
