// Reading the parameters of API methods, which come as JSON or as query strings.
import { Address, Cell } from '@ton/core';
import { HttpError } from './json_server.js';

export function addressParam(params, name = 'address') {
  try {
    return Address.parse(String(params[name]));
  } catch {
    throw new HttpError(422, `${name} is no address`);
  }
}

/** A whole number, as number or text. */
export function integerParam(params, name, { fallback, min, max }) {
  const text = params[name] ?? fallback;
  const value = Number(text);
  if (text === undefined || text === '' || !Number.isInteger(value) || value < min || value > max) {
    throw new HttpError(422, `${name} is a number from ${min} to ${max}`);
  }
  return value;
}

export function bigParam(params, name) {
  const text = String(params[name]);
  if (!/^-?\d+$/.test(text)) throw new HttpError(422, `${name} is no number`);
  return BigInt(text);
}

/** 32 bytes in hex, base64 or base64url. */
export function hashParam(params, name) {
  const text = String(params[name]);
  const bytes = Buffer.from(text, /^[0-9a-fA-F]{64}$/.test(text) ? 'hex' : 'base64');
  if (bytes.length !== 32) throw new HttpError(422, `${name} is no hash`);
  return bytes;
}

export function bytesParam(params, name) {
  if (typeof params[name] !== 'string') throw new HttpError(422, `${name} is missing`);
  return Buffer.from(params[name], 'base64');
}

/** A cell, or null where the text is empty. */
export function cellParam(params, name) {
  const bytes = bytesParam({ [name]: params[name] ?? '' }, name);
  if (bytes.length === 0) return null;
  try {
    return Cell.fromBoc(bytes)[0];
  } catch {
    throw new HttpError(422, `${name} is no bag of cells`);
  }
}
