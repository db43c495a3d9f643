#!/usr/bin/env node
// Random lives of contracts against their models: bin/campaign.js [LIVES [FIRST-SEED]]. Prints each seed that failed;
// `bin/campaign.js 1 SEED` replays it.

import { runChannelLife } from '../lib/channel_campaign.js'

const steps = 30
const lives = Number(process.argv[2] ?? 500)
const first = Number(process.argv[3] ?? 1)

let failed = 0
for (let seed = first; seed < first + lives; seed += 1) {
  try {
    await runChannelLife(seed, steps)
  } catch (error) {
    failed += 1
    console.log(`channel: ${error.message}`)
  }
}
console.log(`${lives - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 && lives > 0 ? 0 : 1
