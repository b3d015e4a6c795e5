import T, { type Static } from 'typebox'

/** The agent that a platform serves, as `/agent/mason-agent.json` describes it. */
export const AgentPackage = T.Object({
  version: T.String(),
  build: T.String({
    description: 'the SHA-256 of the program: another build is another program, whatever its version',
  }),
  sha256: T.String({ description: 'of the archive' }),
  size: T.Integer({ description: 'bytes of the archive' }),
})
export type AgentPackage = Static<typeof AgentPackage>
