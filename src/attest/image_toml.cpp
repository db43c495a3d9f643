#include "attest/image_toml.h"

#include <algorithm>

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

Result<std::string> name_of(TomlTable& table) {
  TRY(std::string name, table.text("name", 128));
  const bool printable = std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; });
  if (name.empty() || !printable)
    return table.refuse("name", "must be printable ASCII without spaces");
  return name;
}

}  // namespace

Result<Image> read_image(TomlTable table) {
  Image out;
  TRY(out.name, name_of(table));
  TRY(out.mrtd, hex_array<48>(table, "mrtd"));
  TRY(out.rtmr1, hex_array<48>(table, "rtmr1"));
  TRY(out.rtmr2, hex_array<48>(table, "rtmr2"));
  TRY(std::vector<TomlTable> shapes, table.tables("shapes", kShapesMax));
  if (shapes.empty()) return table.refuse("shapes", "an image needs at least one shape of machine");
  for (TomlTable& row : shapes) {
    MachineShape shape;
    TRY(shape.name, name_of(row));
    TRY(shape.rtmr0, hex_array<48>(row, "rtmr0"));
    TRY(shape.xfam, hex_array<8>(row, "xfam"));
    TRY_VOID(row.finish());
    out.shapes.push_back(std::move(shape));
  }
  TRY_VOID(table.finish());
  return out;
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
           "\", xfam = \"" + to_hex(shape.xfam) + "\"},\n";
  }
  return out + "]\n";
}

}  // namespace cocoon::attest
