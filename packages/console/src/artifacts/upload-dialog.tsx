import { FileInput, Progress, Select, Text, TextInput } from '@mantine/core'
import type { ArtifactType, MediaType } from '@mason/contract/artifact'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { bytes, percent } from '../ui/numbers.ts'
import { artifactKind, artifactKinds } from './artifact-kinds.ts'
import { upload } from './upload.ts'

const mediaTypes: { value: MediaType; label: string }[] = [
  { value: 'bootanimation', label: 'Boot animation' },
  { value: 'splash', label: 'Splash image' },
  { value: 'scrcpy-server', label: 'scrcpy server' },
]

/** Uploads a file and registers it as a version of an artifact. */
export function UploadDialog({ initialType = 'apk', onClose }: { initialType?: ArtifactType; onClose: () => void }) {
  const [type, setType] = useState<ArtifactType>(initialType)
  const [file, setFile] = useState<File | null>(null)
  const [name, setName] = useState('')
  const [version, setVersion] = useState('')
  const [mediaType, setMediaType] = useState<MediaType>('bootanimation')
  const [share, setShare] = useState(0)
  const stop = useRef(new AbortController())
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: (send, chosen: File) => {
      stop.current = new AbortController()
      return upload({
        send,
        file: chosen,
        about: {
          type,
          ...(name.trim() && { name: name.trim() }),
          ...(version.trim() && { version: version.trim() }),
          ...(type === 'media' && { mediaType }),
        },
        onProgress: setShare,
        signal: stop.current.signal,
      })
    },
    onDone: async (artifact) => {
      for (const key of ['listArtifacts', 'listVersions', 'listProjects'])
        void queryClient.invalidateQueries({ queryKey: [key] })
      onClose()
      // The versions of a configuration are on its project's page.
      if (artifact.type === 'config') await navigate({ to: '/projects/$name', params: { name: artifact.name } })
      else await navigate({ to: '/artifacts/$type/$name', params: { type: artifact.type, name: artifact.name } })
    },
    onFailed: () => setShare(0),
  })
  const { faults } = form
  const close = () => {
    stop.current.abort()
    onClose()
  }
  return (
    <FormDialog
      title="Upload"
      form={form}
      failure="Upload failed"
      action="Upload"
      cancel={form.isPending ? 'Stop' : 'Cancel'}
      isReady={file !== null}
      onSubmit={() => {
        if (file) form.submit(file)
      }}
      onClose={close}
    >
      <Select
        label="Type"
        data={artifactKinds.map((kind) => ({ value: kind.type, label: kind.label }))}
        value={type}
        error={faults.at('type')}
        onChange={(value) => setType((value ?? 'apk') as ArtifactType)}
      />
      <FileInput
        label="File"
        description={artifactKind(type).hint}
        placeholder="Choose a file"
        value={file}
        error={faults.at('url')}
        onChange={setFile}
      />
      {type === 'media' && (
        <>
          <Select
            label="Media type"
            data={mediaTypes}
            value={mediaType}
            error={faults.at('mediaType')}
            onChange={(value) => setMediaType((value ?? 'bootanimation') as MediaType)}
          />
          <TextInput
            label="Name"
            value={name}
            error={faults.at('name')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </>
      )}
      {(type === 'media' || type === 'ota') && (
        <TextInput
          label="Version"
          value={version}
          error={faults.at('version')}
          onChange={(event) => setVersion(event.currentTarget.value)}
        />
      )}
      {form.isPending && file && (
        <div role="status">
          <Progress value={100 * share} aria-label="Uploaded" mb={6} />
          <Text size="sm" c="dimmed">
            {share < 1 ? `${percent(share, 1)} of ${bytes(file.size)}` : 'Checking and registering…'}
          </Text>
        </div>
      )}
    </FormDialog>
  )
}
