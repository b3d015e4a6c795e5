import fc from 'fast-check'
import { expect, test } from 'vitest'
import { beginRollOut, type RollOut } from '../../../test/driven-roll-out.ts'
import { usePlatform } from '../../../test/harness.ts'
import { RollOutModel, type Rules } from '../../../test/roll-out-model.ts'

const platform = usePlatform({}, { areJobsRunning: false })

type Event =
  | { kind: 'install' | 'fail' | 'join' | 'leave' | 'deprovision'; device: number }
  | { kind: 'change'; state: 'paused' | 'running' | 'canceled' }
  | { kind: 'pass'; minutes: number }

const device = fc.nat(8)
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('install', 'install', 'fail'), device }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('join', 'leave'), device }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deprovision'), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change'),
      state: fc.constantFrom('paused', 'running', 'running', 'running', 'canceled'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), minutes: fc.constantFrom(5, 10, 30, 60) }) },
) as fc.Arbitrary<Event>

const rules: fc.Arbitrary<Rules> = fc.record({
  steps: fc.constantFrom([100], [50, 100], [20, 60, 100], [1, 99, 100]),
  soakMinutes: fc.constantFrom(0, 0, 10),
  maxFailurePercent: fc.constantFrom(0, 33, 50, 100),
  minSuccessPercent: fc.constantFrom(0, 50, 67, 100),
  stepTimeoutMinutes: fc.constantFrom(30, 60),
})

/** Does to the platform what was done to the model, and leaves out what cannot be done. */
async function apply(rollOut: RollOut, model: RollOutModel, present: Map<string, string>, event: Event) {
  if (event.kind === 'pass') {
    await rollOut.pass(event.minutes)
    return model.pass(event.minutes)
  }
  if (event.kind === 'change') {
    await rollOut.change(event.state).catch(({ status }) => expect(status).toBe(409))
    return model.change(event.state)
  }
  const id = [...present.keys()][event.device % present.size] ?? ''
  const group = present.get(id)
  if (event.kind === 'install' && model.state !== 'canceled' && /told|failed/.test(model.rows.get(id)?.state ?? ''))
    await rollOut.install(id)
  if (event.kind === 'install') return model.install(id)
  if (event.kind === 'fail' && group === 'tills') {
    await rollOut.fail(id)
    return model.fail(id)
  }
  if (event.kind === 'deprovision' && present.size > 2) {
    await rollOut.deprovision(id)
    present.delete(id)
    return model.deprovision(id)
  }
  if (event.kind === 'join' && group === 'spare') {
    await rollOut.move(id, 'tills')
    present.set(id, 'tills')
    return model.join(id)
  }
  if (event.kind === 'leave' && group === 'tills') {
    await rollOut.move(id, 'spare')
    present.set(id, 'spare')
    return model.leave(id)
  }
}

test('a roll-out does what a naive count says, whatever happens to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      rules,
      fc.nat(2),
      fc.array(events, { minLength: 5, maxLength: 25 }),
      async (rollout, having, story) => {
        const rollOut = await beginRollOut(platform, { members: 6, spare: 3, rollout, having })
        const ids = [...rollOut.devices.keys()]
        const model = new RollOutModel(rollOut.id, rollout, ids.slice(0, 6), ids.slice(0, having))
        const present = new Map(ids.map((id, index) => [id, index < 6 ? 'tills' : 'spare']))
        const compare = async (what: string) => {
          const { devices, state, reason, step } = await rollOut.look()
          const { counts } = model
          expect({ devices, state, reason, step }, what).toEqual({
            devices: counts,
            state: model.state,
            reason: model.reason,
            step: model.step,
          })
        }
        await compare('at its beginning')
        for (const [index, event] of story.entries()) {
          await apply(rollOut, model, present, event)
          await compare(`after ${JSON.stringify(story.slice(0, index + 1))}`)
        }
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 10), seed: Number(process.env.FUZZ_SEED ?? 20_261_129) },
  )
}, 120_000)
