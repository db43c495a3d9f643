import { test } from 'node:test'

import { runChannelLife } from '../lib/channel_campaign.js'

// `bin/campaign.js` and `make soak` live more of them.
test('random lives of a channel keep every coin: paid stays within the deposit, refunds are exact', async () => {
  for (let seed = 1; seed <= 10; seed += 1) await runChannelLife(seed, 30)
})
