// Reflected CRCs of 32 bits.
function makeCrc(polynomial) {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc >>> 0;
  });
  return (bytes) => {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  };
}

/** IEEE 802.3, which names TL constructors. @type {(bytes: Uint8Array) => number} */
export const crc32 = makeCrc(0xedb88320);
/** Castagnoli, which names validator lists. @type {(bytes: Uint8Array) => number} */
export const crc32c = makeCrc(0x82f63b78);
