import buildSerializer, { type AnySchema } from 'fast-json-stringify'

type Serialize = (answer: unknown) => string

const built = new WeakMap<object, Serialize>()

/**
 * Writes answers by their schema. The first answer builds the serializer, and routes with one schema share it: a node starts
 * without building hundreds that nobody may ask for.
 */
export function serializeBy({ schema }: { schema: unknown }): Serialize {
  let serialize: Serialize | undefined
  return (answer) => {
    serialize ??= serializerOf(schema as AnySchema & object)
    return serialize(answer)
  }
}

function serializerOf(schema: AnySchema & object): Serialize {
  const serialize = built.get(schema) ?? buildSerializer(schema)
  built.set(schema, serialize)
  return serialize
}
