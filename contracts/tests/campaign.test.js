import { test } from 'node:test'

import { runChannelLife } from '../lib/channel_campaign.js'
import { runRegistryLife } from '../lib/registry_campaign.js'

// `bin/campaign.js` and `make soak` live more of them.
test('random lives of a channel keep every coin: paid stays within the deposit, refunds are exact', async () => {
  for (let seed = 1; seed <= 8; seed += 1) await runChannelLife(seed, 30)
})

test('random lives of a registry cover every stake, and nothing is added unseen', async () => {
  for (let seed = 1; seed <= 4; seed += 1) await runRegistryLife(seed, 40)
})
