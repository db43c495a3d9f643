#!/usr/bin/env node
// Writes what is generated and committed: the pinned code, the vectors of docs/formats, the gas table of docs/contracts.md.
// Tests compare each with what would be written. Pinned code that changes moves addresses: a new kind of contract.

import { writeFileSync } from 'node:fs'

import { compile, contractNames, pinPath, pinText } from '../lib/compile.js'
import { gasDocumentPath, gasTables, withGasTables } from '../lib/gas.js'
import { vectorNames, vectorPath, vectorText } from '../lib/vectors.js'

for (const name of contractNames) writeFileSync(pinPath(name), pinText(await compile(name)))
for (const name of vectorNames) writeFileSync(vectorPath(name), vectorText(name))
writeFileSync(gasDocumentPath, withGasTables(await gasTables()))
