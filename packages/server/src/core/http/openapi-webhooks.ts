import { eventSchema } from '@mason/contract/event-schema'
import { eventTypes } from '@mason/contract/event-types'

const header = (name: string, description: string, example: string) => ({
  ...{ in: 'header', name, description, required: true },
  schema: { type: 'string', examples: [example] },
})

/** Source: Standard Webhooks 1.0. */
const parameters = [
  header('webhook-id', 'the id of the event, the same in every attempt', '0100000000000012ab00000000c5'),
  header('webhook-timestamp', 'when the attempt was made, in seconds since 1970', '1793611800'),
  header(
    'webhook-signature',
    'HMAC-SHA256 of `id.timestamp.body` in base64, one for each live secret, separated by spaces',
    'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  ),
]

/** What the platform sends to webhooks: an operation for each type of event. */
export const describeWebhooks = () =>
  Object.fromEntries(
    Object.entries(eventTypes).map(([type, { summary }]) => {
      const schema = eventSchema(type)
      const { title, examples = [] } = schema as { title?: string; examples?: unknown[] }
      const post = {
        operationId: `receive${title}`,
        ...{ summary, tags: ['Events'], parameters },
        requestBody: { required: true, content: { 'application/json': { schema, example: examples[0] } } },
        responses: { 200: { description: 'It was taken; any other status than 2xx makes it come again.' } },
      }
      return [type, { post }]
    }),
  )
