import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Cell } from '@ton/core'

import { compile, contractNames, pinPath, pinText, pinnedCode, readPin } from '../lib/compile.js'
import { gasDocumentPath, gasTables, withGasTables } from '../lib/gas.js'
import { vectorNames, vectorPath, vectorText } from '../lib/vectors.js'

for (const name of contractNames) {
  test(`the pinned code of the ${name} is what its source compiles to`, async () => {
    assert.equal(readFileSync(pinPath(name), 'utf8'), pinText(await compile(name)))
    assert.equal(pinnedCode(name).hash().toString('hex'), readPin(name).hash)
  })
}

for (const name of vectorNames) {
  test(`the vectors of the ${name} are what its encoder writes`, () => {
    assert.equal(readFileSync(vectorPath(name), 'utf8'), vectorText(name))
  })
}

test('the vectors hold together', () => {
  const { vouchers, states, code_hash: codeHash } = JSON.parse(readFileSync(vectorPath('channel'), 'utf8'))
  assert.equal(codeHash, readPin('channel').hash)
  for (const { bytes } of vouchers) assert.equal(bytes.length, 2 * 100)
  for (const { data, data_hash: hash } of states) {
    assert.equal(Cell.fromBoc(Buffer.from(data, 'hex'))[0].hash().toString('hex'), hash)
  }
})

test('the gas tables in docs/contracts.md are what is measured', async () => {
  assert.equal(readFileSync(gasDocumentPath, 'utf8'), withGasTables(await gasTables()))
})
