/** The part of JSON Schema that the contract uses. */
export interface Schema {
  type?: string
  enum?: unknown[]
  examples?: unknown[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
}

/** A value of the schema with nothing in it that may be left out. */
export function smallest(schema: Schema): unknown {
  if (schema.type === 'object') return pick(schema, schema.required ?? [], smallest)
  return schema.type === 'array' ? [] : example(schema)
}

/** A value of the schema with every member, and one item in each list. */
export function fullest(schema: Schema): unknown {
  if (schema.type === 'object') return pick(schema, Object.keys(schema.properties ?? {}), fullest)
  return schema.type === 'array' ? [fullest(schema.items ?? {})] : example(schema, fullest)
}

const pick = ({ properties = {} }: Schema, names: string[], write: (schema: Schema) => unknown) =>
  Object.fromEntries(names.map((name) => [name, write(properties[name] ?? {})]))

export function example({ examples, enum: words, anyOf, type, minimum }: Schema, write = smallest): unknown {
  if (examples) return examples[0]
  if (words) return words[0]
  if (anyOf) return write(anyOf[0] ?? {})
  if (type === 'boolean') return true
  return type === 'string' ? 'text' : (minimum ?? 0)
}
