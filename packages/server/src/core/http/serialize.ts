import buildSerializer, { type AnySchema } from 'fast-json-stringify'

type Serialize = (answer: unknown) => string

const built = new WeakMap<object, Serialize>()

/**
 * Writes answers by their schema. The first answer builds what does so, and schemas that are one share it: a node starts
 * without building hundreds that nobody may ask for.
 */
export function serializeBy({ schema }: { schema: unknown }): Serialize {
  const form = schema as AnySchema & object
  return (answer) => {
    const serialize = built.get(form) ?? buildSerializer(form)
    built.set(form, serialize)
    return serialize(answer)
  }
}
