// TL: reads a scheme's lines and turns values into bytes and back. A constructor's id is the CRC-32 of its line, written
// without brackets, unless the line names another. Integers little-endian, byte strings padded to four bytes.
import { crc32 } from '../cells/crc.js';

const BYTES_MAX = 1 << 24;
const VECTOR_MAX = 1 << 16;

/** Why bytes are not what they should be. */
export class TlError extends Error {}

/**
 * @typedef {{ name: string, type: { name: string, item?: object }, flag?: { field: string, bit: number } }} Field
 * @typedef {{ name: string, id: number, fields: Field[], result: string }} Constructor
 */

export class TlScheme {
  /** @param {string} text lines of `name field:type … = Result;`, `//` comments allowed */
  constructor(text) {
    this.byName = new Map();
    this.byId = new Map();
    for (const line of text.split('\n').map((part) => part.replace(/\/\/.*/, '').trim())) {
      if (line === '') continue;
      const parsed = parseLine(line);
      this.byName.set(parsed.name, parsed);
      this.byId.set(parsed.id, parsed);
    }
  }

  /** A boxed value: `{ _: constructor name, …fields }`. */
  encode(value) {
    const writer = new Writer();
    this.#writeBoxed(writer, value);
    return writer.bytes();
  }

  /** @param {Buffer} bytes @returns {object} @throws {TlError} also for bytes after the value */
  decode(bytes) {
    const { value, rest } = this.decodePrefix(bytes);
    if (rest.length > 0) throw new TlError(`${rest.length} bytes after ${value._}`);
    return value;
  }

  /** @returns {{ value: object, rest: Buffer }} */
  decodePrefix(bytes) {
    const reader = new Reader(bytes);
    const value = this.#readBoxed(reader);
    return { value, rest: bytes.subarray(reader.at) };
  }

  #writeBoxed(writer, value) {
    const constructor = this.byName.get(value._);
    if (!constructor) throw new TlError(`no constructor ${value._}`);
    writer.uint32(constructor.id);
    this.#writeFields(writer, constructor, value);
  }

  #writeFields(writer, constructor, value) {
    for (const { name, type, flag } of constructor.fields) {
      if (flag && !(value[flag.field] & (1 << flag.bit))) continue;
      this.#write(writer, type, value[name]);
    }
  }

  #write(writer, type, value) {
    const primitive = PRIMITIVES[type.name];
    if (primitive) primitive.write(writer, value);
    else if (type.name === 'vector') {
      writer.uint32(value.length);
      for (const item of value) this.#write(writer, type.item, item);
    } else if (isBare(type.name)) this.#writeFields(writer, this.byName.get(type.name), value);
    else this.#writeBoxed(writer, value);
  }

  #readBoxed(reader) {
    const id = reader.uint32();
    const constructor = this.byId.get(id);
    if (!constructor) throw new TlError(`unknown constructor ${id.toString(16).padStart(8, '0')}`);
    return this.#readFields(reader, constructor);
  }

  #readFields(reader, constructor) {
    const value = { _: constructor.name };
    for (const { name, type, flag } of constructor.fields) {
      if (flag && !(value[flag.field] & (1 << flag.bit))) continue;
      value[name] = this.#read(reader, type);
    }
    return value;
  }

  #read(reader, type) {
    const primitive = PRIMITIVES[type.name];
    if (primitive) return primitive.read(reader);
    if (type.name === 'vector') {
      const count = reader.uint32();
      if (count > VECTOR_MAX) throw new TlError(`a vector of ${count}`);
      return Array.from({ length: count }, () => this.#read(reader, type.item));
    }
    return isBare(type.name) ? this.#readFields(reader, this.byName.get(type.name)) : this.#readBoxed(reader);
  }
}

// A type in lower case is a constructor without its id.
function isBare(name) {
  const last = name.split('.').at(-1);
  return last[0] === last[0].toLowerCase();
}

function parseLine(line) {
  const text = line.replace(/;$/, '').trim();
  const match = /^([\w.]+)(?:#([0-9a-f]+))?\s*(.*?)\s*=\s*([\w.]+)$/.exec(text);
  if (!match) throw new TlError(`not a scheme line: ${line}`);
  const [, name, id, body, result] = match;
  const plain = text.replace(/[()]/g, '').replace(/\s+/g, ' ');
  const fields = [...body.matchAll(/(\w+):(?:(\w+)\.(\d+)\?)?(\([^)]*\)|[\w.#]+)/g)].map((field) => ({
    name: field[1],
    flag: field[2] && { field: field[2], bit: Number(field[3]) },
    type: parseType(field[4]),
  }));
  return { name, id: id ? parseInt(id, 16) : crc32(Buffer.from(plain)), fields, result };
}

function parseType(text) {
  const vector = /^\(vector (.+)\)$/.exec(text);
  return vector ? { name: 'vector', item: parseType(vector[1]) } : { name: text };
}

class Writer {
  constructor() {
    this.parts = [];
  }
  raw(bytes) {
    this.parts.push(bytes);
  }
  uint32(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value >>> 0);
    this.raw(bytes);
  }
  bytes() {
    return Buffer.concat(this.parts);
  }
}

class Reader {
  constructor(bytes) {
    this.buffer = bytes;
    this.at = 0;
  }
  take(length) {
    if (this.at + length > this.buffer.length) throw new TlError('the bytes end early');
    this.at += length;
    return this.buffer.subarray(this.at - length, this.at);
  }
  uint32() {
    return this.take(4).readUInt32LE();
  }
}

const BOOL_TRUE = 0x997275b5;
const BOOL_FALSE = 0xbc799737;

function fixed(length) {
  return {
    write: (writer, value) => {
      if (value.length !== length) throw new TlError(`${value.length} bytes where ${length} belong`);
      writer.raw(value);
    },
    read: (reader) => Buffer.from(reader.take(length)),
  };
}

const BYTES = {
  write(writer, value) {
    const head = value.length < 254 ? Buffer.from([value.length]) : Buffer.alloc(4);
    if (head.length === 4) head.writeUInt32LE(0xfe + value.length * 256);
    const padding = (4 - ((head.length + value.length) % 4)) % 4;
    writer.raw(Buffer.concat([head, value, Buffer.alloc(padding)]));
  },
  read(reader) {
    let length = reader.take(1)[0];
    let head = 1;
    if (length === 254) {
      length = reader.take(3).readUIntLE(0, 3);
      head = 4;
    }
    if (length === 255 || length > BYTES_MAX) throw new TlError('a byte string too long');
    const value = Buffer.from(reader.take(length));
    reader.take((4 - ((head + length) % 4)) % 4);
    return value;
  },
};

const INT = { write: (writer, value) => writer.uint32(value), read: (reader) => reader.uint32() | 0 };
const PRIMITIVES = {
  '#': { write: INT.write, read: (reader) => reader.uint32() },
  int: INT,
  long: {
    write: (writer, value) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)));
      writer.raw(bytes);
    },
    read: (reader) => reader.take(8).readBigInt64LE(),
  },
  int256: fixed(32),
  int128: fixed(16),
  bytes: BYTES,
  string: {
    write: (writer, value) => BYTES.write(writer, Buffer.from(value)),
    read: (reader) => BYTES.read(reader).toString(),
  },
  true: { write: () => {}, read: () => true },
  Bool: {
    write: (writer, value) => writer.uint32(value ? BOOL_TRUE : BOOL_FALSE),
    read: (reader) => {
      const id = reader.uint32();
      if (id !== BOOL_TRUE && id !== BOOL_FALSE) throw new TlError('neither true nor false');
      return id === BOOL_TRUE;
    },
  },
};
