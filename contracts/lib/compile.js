// The contracts' code: compiled afresh from src/, or as it is pinned in code/.

import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { Cell } from '@ton/core'
import { getTolkCompilerVersion, runTolkCompiler } from '@ton/tolk-js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

export const contractNames = ['channel', 'registry', 'anchor']

export const pinPath = (name) => join(root, 'code', `${name}.json`)

/** Compiles src/NAME.tolk; throws with the compiler's message. What it returns is what code/NAME.json holds. */
export async function compile(name) {
  const result = await runTolkCompiler({
    entrypointFileName: `${name}.tolk`,
    fsReadCallback: (path) => readFileSync(join(root, 'src', path), 'utf8'),
  })
  if (result.status !== 'ok') throw new Error(`${name}.tolk: ${result.message}`)
  return {
    contract: name,
    compiler: `tolk ${await getTolkCompilerVersion()}`,
    hash: result.codeHashHex.toLowerCase(),
    boc: Buffer.from(result.codeBoc64, 'base64').toString('hex'),
  }
}

/** The text of code/NAME.json for what compile() returned. */
export const pinText = (pin) => `${JSON.stringify(pin, null, 2)}\n`

/** code/NAME.json: {contract, compiler, hash, boc}, the last two in hexadecimal. */
export const readPin = (name) => JSON.parse(readFileSync(pinPath(name), 'utf8'))

/** The pinned code of a contract as a cell. */
export const pinnedCode = (name) => Cell.fromBoc(Buffer.from(readPin(name).boc, 'hex'))[0]
