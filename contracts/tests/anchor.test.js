import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, test } from 'node:test'

import { beginCell } from '@ton/core'

import { signCheckpoint, updateBody } from '../lib/anchor.js'
import { AnchorWorld, leavesOf } from '../lib/anchor_world.js'
import { consistencyProof, emptyRoot, treeRoot } from '../lib/merkle.js'
import { balanceOf, coin, exitCode, feesOf, keysOf, refusal, refused, startTime } from '../lib/world.js'

const vectors = new URL('../../tests/data/merkle/consistency/', import.meta.url)

describe('an anchor', () => {
  test('takes the first checkpoint of its log, and each that extends it, from anyone', async () => {
    const world = await AnchorWorld.create()
    assert.equal(exitCode((await world.grow(0, leavesOf(5))).tx), 0)
    world.chain.now += 60
    assert.equal(exitCode((await world.grow(5, leavesOf(700))).tx), 0)
    const state = await world.state()
    assert.equal(state.size, 700n)
    assert.deepEqual(state.root, treeRoot(leavesOf(700)))
    assert.equal(state.anchoredAt, startTime + 60)
    assert.equal(state.origin, world.log.origin)
  })

  test('agrees with the definition for every pair of small trees, and with no other root or size', async () => {
    const world = await AnchorWorld.create()
    for (let second = 2; second <= 13; second += 1) {
      const leaves = leavesOf(second)
      for (let first = 1; first < second; first += 1) {
        const old = treeRoot(leaves.slice(0, first))
        await world.place(first, treeRoot(leavesOf(first, 1)))
        await refused(world, refusal.notConsistent, () => world.grow(first, leaves))
        await world.place(first, old)
        await refused(world, refusal.notConsistent, () =>
          world.update(second, treeRoot(leavesOf(second, 1)), consistencyProof(first, leaves)))
        await refused(world, refusal.notConsistent, () =>
          world.update(second * 64, treeRoot(leaves), consistencyProof(first, leaves)))
        assert.equal(exitCode((await world.grow(first, leaves)).tx), 0, `${first} to ${second}`)
      }
    }
  })

  test('agrees with transparency-dev on its vectors', async () => {
    const world = await AnchorWorld.create()
    const counts = { accepted: 0, refused: 0, elsewhere: 0 }
    for (const folder of readdirSync(vectors)) {
      for (const name of readdirSync(new URL(`${folder}/`, vectors))) {
        const { size1, size2, root1, root2, proof, wantErr } = JSON.parse(readFileSync(new URL(`${folder}/${name}`, vectors)))
        const [old, root] = [Buffer.from(root1 ?? '', 'base64'), Buffer.from(root2 ?? '', 'base64')]
        const hashes = (proof ?? []).map((each) => Buffer.from(each, 'base64'))
        // What no message or state of an anchor can say: hashes of other lengths, and an empty tree under another root.
        if ([old, root, ...hashes].some(({ length }) => length !== 32) || size1 === 0) {
          counts.elsewhere += 1
          continue
        }
        await world.place(size1, old)
        const { tx } = await world.update(size2, root, hashes)
        const accepted = exitCode(tx) === 0
        // A checkpoint of the size that is anchored is nothing new, whether it is the same or a fork.
        assert.equal(accepted, !wantErr && size2 > size1, `${folder}/${name}`)
        counts[accepted ? 'accepted' : 'refused'] += 1
      }
    }
    assert.deepEqual(counts, { accepted: 4, refused: 63, elsewhere: 31 })
  })

  test('refuses a log that forks or forgets', async () => {
    const world = await AnchorWorld.create()
    await world.grow(0, leavesOf(13))
    const fork = [...leavesOf(6), ...leavesOf(14, 1)]
    await refused(world, refusal.notConsistent, () => world.grow(13, fork))
    await refused(world, refusal.notNewer, () => world.grow(0, leavesOf(13, 1)))
    await refused(world, refusal.notNewer, () => world.grow(0, leavesOf(13)))
    await refused(world, refusal.notNewer, () => world.grow(0, leavesOf(12)))
    await refused(world, refusal.notConsistent, () => world.update(20, treeRoot(leavesOf(20)), []))
  })

  test('refuses a proof with a hash too many, too few, changed or out of place', async () => {
    const world = await AnchorWorld.create()
    await world.grow(0, leavesOf(6))
    const leaves = leavesOf(100)
    const proof = consistencyProof(6, leaves)
    assert.ok(proof.length > 4)
    const changed = proof.map((hash, index) => (index === 2 ? Buffer.from(hash).reverse() : hash))
    for (const wrong of [
      proof.slice(1), proof.slice(0, -1), [...proof, proof[0]], [proof[0], ...proof], [...proof].reverse(), changed,
      Array.from({ length: 60 }, () => proof[0]),
    ]) {
      await refused(world, refusal.notConsistent, () => world.update(100, treeRoot(leaves), wrong))
    }
    const signature = signCheckpoint(world.log.origin, 100, treeRoot(leaves), world.keys.secretKey)
    const body = (cell) => updateBody({ size: 100n, root: treeRoot(leaves), signature, proof: cell })
    for (const cell of [
      beginCell().storeUint(1, 100).endCell(), beginCell().endCell(),
      beginCell().storeBuffer(proof[0]).storeRef(beginCell()).endCell(),
    ]) {
      const { tx } = await world.send(body(cell))
      assert.notEqual(exitCode(tx), 0)
      assert.equal((await world.state()).size, 6n)
    }
    assert.equal(exitCode((await world.grow(6, leaves)).tx), 0)
  })

  test('refuses a proof of more hashes than any tree has levels', async () => {
    const world = await AnchorWorld.create()
    await world.place(3, treeRoot(leavesOf(3)))
    const { tx } = await world.update(2n ** 64n - 1n, emptyRoot, Array.from({ length: 200 }, () => emptyRoot), { value: coin })
    assert.notEqual(exitCode(tx), 0)
    assert.equal((await world.state()).size, 3n)
  })

  test('refuses what the log did not sign, whole', async () => {
    const world = await AnchorWorld.create()
    const leaves = leavesOf(9)
    await world.place(0, emptyRoot)
    for (const wrong of [
      { keys: keysOf(9) }, { origin: 'log.example/two' }, { signed: { size: 10 } }, { signed: { root: treeRoot(leavesOf(10)) } },
    ]) {
      await refused(world, refusal.badSignature, () => world.grow(0, leaves, wrong))
    }
  })

  test('reads sizes of every length and the longest origin', async () => {
    const world = await AnchorWorld.create({ origin: 'o'.repeat(60) })
    const root = treeRoot(leavesOf(3))
    for (const size of [1n, 9n, 10n, 12_345_678_901n, 10n ** 19n, 2n ** 64n - 1n]) {
      await world.place(0, emptyRoot)
      assert.equal(exitCode((await world.update(size, root, [])).tx), 0, `${size}`)
    }
    for (let fill = 0; fill < 256; fill += 51) {
      await world.place(0, emptyRoot)
      assert.equal(exitCode((await world.update(7n, Buffer.alloc(32, fill), [])).tx), 0, `root of ${fill}`)
    }
  })

  test('gives change, and keeps for storage what comes without words', async () => {
    const world = await AnchorWorld.create()
    await world.send(undefined, { value: coin })
    const held = await balanceOf(world.chain, world.address)
    const { tx, rest } = await world.grow(0, leavesOf(9))
    assert.equal(await balanceOf(world.chain, world.address), held)
    assert.equal(rest[0].inMessage.info.value.coins, coin / 10n - feesOf(tx) - rest[0].inMessage.info.forwardFee)
  })

  test('refuses what it does not know, and does not take what bounced for an order', async () => {
    const world = await AnchorWorld.create()
    await world.grow(0, leavesOf(3))
    await refused(world, refusal.unknownMessage, () => world.send(beginCell().storeUint(1, 32).endCell()))
    await refused(world, 0, () => world.grow(3, leavesOf(9), { bounced: true }))
    await assert.rejects(
      world.chain.sendMessage({
        info: { type: 'external-in', dest: world.address, importFee: 0n }, body: beginCell().storeUint(0, 32).endCell(),
      }),
    )
  })

  test('is left as it was when gas runs out', async () => {
    const world = await AnchorWorld.create()
    await world.grow(0, leavesOf(3))
    const before = (await world.data()).hash()
    const { tx } = await world.grow(3, leavesOf(900), { value: 4_000_000n })
    assert.ok(tx.description.aborted)
    assert.deepEqual((await world.data()).hash(), before)
  })
})
