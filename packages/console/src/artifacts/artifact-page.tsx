import { Button } from '@mantine/core'
import { type Artifact, listVersions } from '@mason/contract/artifact'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, Download, Package, Rocket } from 'lucide-react'
import { useState } from 'react'
import { useList } from '../api/lists.ts'
import { DeployDialog } from '../deployments/deploy-dialog.tsx'
import { useCan } from '../session/session.ts'
import { CopyIcon } from '../ui/copy.tsx'
import { Endless } from '../ui/endless.tsx'
import { Facts } from '../ui/facts.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { artifactKind } from './artifact-kinds.ts'
import classes from './artifacts.module.css'

const route = getRouteApi('/inside/artifacts/$type/$name')

/** The versions of one artifact, newest first. */
export function ArtifactPage() {
  const { type, name } = route.useParams()
  const list = useList(listVersions, { type, name }, { limit: 1000 })
  return (
    <Page
      title={name}
      about={artifactKind(type).label}
      back={
        <Link to="/artifacts">
          <ChevronLeft size={14} /> Artifacts
        </Link>
      }
    >
      <Endless
        list={list}
        empty={
          <Panel>
            <Empty icon={<Package size={22} />} title="No versions" />
          </Panel>
        }
      >
        {(versions) => versions.toReversed().map((artifact) => <Version key={artifact.version} artifact={artifact} />)}
      </Endless>
    </Page>
  )
}

function Version({ artifact }: { artifact: Artifact }) {
  const can = useCan()
  const [isDeploying, setIsDeploying] = useState(false)
  const { type, name, version, apk, media, size, checksum, createdAt, contentUrl, config } = artifact
  return (
    <Panel
      title={`Version ${version}`}
      note={apk?.versionName}
      actions={
        <div className={classes.actions}>
          <Button
            size="xs"
            variant="default"
            component="a"
            href={contentUrl}
            download
            leftSection={<Download size={14} />}
          >
            {bytes(size)}
          </Button>
          {type !== 'media' && can('fleet:deploy') && (
            <Button size="xs" variant="default" leftSection={<Rocket size={14} />} onClick={() => setIsDeploying(true)}>
              Deploy
            </Button>
          )}
        </div>
      }
    >
      <Facts
        facts={[
          ['Registered', <RelativeTime key="time" time={createdAt} />],
          ['Android', apk && `API level ${apk.minSdkVersion} or newer`],
          [
            'Signed',
            apk &&
              `${apk.signatureSchemes.join(', ')}, by ${apk.certificates.map((one) => one.slice(0, 16)).join(', ')}…`,
          ],
          ['Type', media?.type],
          [
            'SHA-256',
            <span key="sum" className={classes.sum}>
              {checksum.sha256.slice(0, 16)}… <CopyIcon text={checksum.sha256} label="SHA-256" />
            </span>,
          ],
        ]}
      />
      {config && <pre className={classes.config}>{JSON.stringify(config, undefined, 2)}</pre>}
      {isDeploying && type !== 'media' && (
        <DeployDialog what={{ type, name, version }} onClose={() => setIsDeploying(false)} />
      )}
    </Panel>
  )
}
