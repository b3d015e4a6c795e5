import type { TObject, TSchema } from 'typebox'
import * as T from 'typebox'
import { Event } from './event.ts'
import { eventTypes } from './event-types.ts'

const titleOf = (type: string) =>
  type.replaceAll(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase()).concat('Event')

/** The schema of an event of one type, with an example. */
export function eventSchema(type: string): TSchema {
  const known = eventTypes[type]
  if (!known) throw new Error(`${type} is no type of event`)
  const { summary, subject, data } = known
  return T.Object(
    { ...Event.properties, type: T.Literal(type), data },
    {
      title: titleOf(type),
      description: summary,
      examples: [
        {
          ...{ id: '0100000000000012ab00000000c5', type, time: '2026-11-02T09:30:00.000Z' },
          actor: { kind: 'system' },
          ...{ subject, data: exampleOf(data) },
        },
      ],
    },
  )
}

const exampleOf = ({ properties }: TObject) =>
  Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, (schema as { examples?: unknown[] }).examples?.[0]]),
  )
