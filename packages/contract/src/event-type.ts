import type { TObject, TProperties } from 'typebox'
import * as T from 'typebox'

/** What an event of a type is about and what it tells. */
export interface EventType {
  /** What has happened, as a sentence. */
  summary: string
  /** The kind of its subject, and an id of that kind. */
  subject: { kind: string; id: string }
  data: TObject
}

/** An id. */
export const uuid = '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'
/** A text. */
export const text = (example: string, description?: string) =>
  T.String({ examples: [example], ...(description !== undefined && { description }) })
/** A number. */
export const number = (example: number, description?: string) =>
  T.Number({ examples: [example], ...(description !== undefined && { description }) })
/** Whether something is so. */
export const yes = (description: string) => T.Boolean({ examples: [true], description })
/** An id that is told. */
export const id = text(uuid)

/** An id of each kind of things. */
const subjects = {
  device: uuid,
  notification: uuid,
  group: 'kiosks',
  key: uuid,
  user: uuid,
  account: uuid,
  sim: '8988303000000614224',
  subscription: uuid,
  artifact: 'apk/com.example.till/12',
  build: 'till/7',
  deployment: uuid,
  schedule: uuid,
  webhook: uuid,
  xray: uuid,
  alert: uuid,
  'alert-rule': uuid,
  carrier: '1nce-europe',
} as const

/** Types of events about things of one kind. */
export const of =
  (kind: keyof typeof subjects) =>
  (summary: string, data: TProperties = {}): EventType => ({
    summary,
    subject: { kind, id: subjects[kind] },
    data: T.Object(data),
  })
