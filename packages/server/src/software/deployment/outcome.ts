import type { DeploymentOutcome } from '@mason/contract/deployment'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

interface Reporter {
  accountId: string
  id: string
  outcomes: DeploymentOutcome[]
}

/** Takes in that deployments failed on devices. That one succeeded is seen in what a device reports, whatever it says. */
export async function applyDeploymentOutcomes(tx: Db, reporters: Reporter[]): Promise<void> {
  const failures = reporters.flatMap(({ accountId, id, outcomes }) =>
    outcomes.flatMap(({ deployment, state, reason }) =>
      state === 'failed' ? [{ accountId, id, deployment, reason: reason ?? null }] : [],
    ),
  )
  if (failures.length === 0) return
  await tx.query(sql`
    UPDATE deployment_device AS r SET state = 'failed', reason = f.reason, finished_at = now(), period = d.period
    FROM (SELECT DISTINCT ON (account_id, device_id, deployment_id) *
          FROM unnest(${failures.map(({ accountId }) => accountId)}::uuid[], ${failures.map(({ id }) => id)}::uuid[],
                      ${failures.map(({ deployment }) => deployment)}::uuid[], ${failures.map(({ reason }) => reason)}::text[])
            AS f (account_id, device_id, deployment_id, reason)) AS f
    JOIN deployment AS d ON d.account_id = f.account_id AND d.id = f.deployment_id
    WHERE r.account_id = f.account_id AND r.device_id = f.device_id AND r.deployment_id = f.deployment_id AND r.state = 'told'`)
}
