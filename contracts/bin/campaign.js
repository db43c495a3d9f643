#!/usr/bin/env node
// Random lives of contracts against their models: bin/campaign.js [LIVES [FIRST-SEED]]. Prints each seed that failed;
// `bin/campaign.js 1 SEED` replays it.

import { runChannelLife } from '../lib/channel_campaign.js'
import { runRegistryLife } from '../lib/registry_campaign.js'

const kinds = { channel: (seed) => runChannelLife(seed, 30), registry: (seed) => runRegistryLife(seed, 40) }
const lives = Number(process.argv[2] ?? 500)
const first = Number(process.argv[3] ?? 1)

let [passed, failed] = [0, 0]
for (let seed = first; seed < first + lives; seed += 1) {
  for (const [kind, run] of Object.entries(kinds)) {
    try {
      await run(seed)
      passed += 1
    } catch (error) {
      failed += 1
      console.log(`${kind}: ${error.message}`)
    }
  }
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
