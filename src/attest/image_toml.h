#pragma once

#include <string>

#include "attest/policy.h"
#include "codec/toml_table.h"

namespace cocoon::attest {

// An image as registry files and tdx-sim write it (docs/formats/image.md): name, mrtd, rtmr1, rtmr2
// and shapes, an array of {name, rtmr0, xfam}, with gpus
// and gpu_model where the machine has any. Refuses unknown keys and an image without shapes.
[[nodiscard]] Result<Image> read_image(codec::TomlTable table);
// The same from a document that holds one image and nothing else.
[[nodiscard]] Result<Image> parse_image_toml(BytesView toml);
// The keys, one a line, without a table header.
[[nodiscard]] std::string write_image_toml(const Image& image);

// An image of SEV-SNP guests: name and shapes, an array of {name, measurement}.
[[nodiscard]] Result<SnpImage> read_snp_image(codec::TomlTable table);
[[nodiscard]] std::string write_snp_image_toml(const SnpImage& image);

}  // namespace cocoon::attest
