import { Alert, Button, FileInput, Group, Modal, Progress, Select, Stack, Text, TextInput } from '@mantine/core'
import type { ArtifactType } from '@mason/contract/artifact'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useRef, useState } from 'react'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { bytes, percent } from '../ui/numbers.ts'
import { artifactKind, artifactKinds } from './artifact-kinds.ts'
import { upload } from './upload.ts'

/** Uploads a file and registers it as a version of an artifact. */
export function UploadDialog({ initialType = 'apk', onClose }: { initialType?: ArtifactType; onClose: () => void }) {
  const [type, setType] = useState<ArtifactType>(initialType)
  const [file, setFile] = useState<File | null>(null)
  const [name, setName] = useState('')
  const [version, setVersion] = useState('')
  const [mediaType, setMediaType] = useState('bootanimation')
  const [share, setShare] = useState(0)
  const stop = useRef(new AbortController())
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const register = useMutation({
    mutationFn: (chosen: File) => {
      stop.current = new AbortController()
      return upload({
        file: chosen,
        about: {
          type,
          ...(name.trim() && { name: name.trim() }),
          ...(version.trim() && { version: version.trim() }),
          ...(type === 'media' && { mediaType: mediaType as 'bootanimation' | 'splash' }),
        },
        onProgress: setShare,
        signal: stop.current.signal,
      })
    },
    onSuccess: async (artifact) => {
      for (const key of ['listArtifacts', 'listVersions', 'listProjects'])
        void queryClient.invalidateQueries({ queryKey: [key] })
      onClose()
      // The versions of a configuration are on its project's page.
      if (artifact.type === 'config') await navigate({ to: '/projects/$name', params: { name: artifact.name } })
      else await navigate({ to: '/artifacts/$type/$name', params: { type: artifact.type, name: artifact.name } })
    },
    onSettled: () => setShare(0),
  })
  const faults = fieldFaults(register.error)
  const close = () => {
    stop.current.abort()
    onClose()
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (file) register.mutate(file)
  }
  return (
    <Modal opened onClose={close} closeOnClickOutside={false} title={<Text fw={600}>Upload</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Select
            label="What is it?"
            data={artifactKinds.map((kind) => ({ value: kind.type, label: kind.label }))}
            value={type}
            onChange={(value) => setType((value ?? 'apk') as ArtifactType)}
          />
          <FileInput
            label="File"
            description={artifactKind(type).hint}
            placeholder="Choose a file"
            value={file}
            error={faults.url}
            onChange={setFile}
          />
          {type === 'media' && (
            <>
              <Select
                label="Kind"
                data={[
                  { value: 'bootanimation', label: 'Boot animation' },
                  { value: 'splash', label: 'Splash image' },
                ]}
                value={mediaType}
                error={faults.mediaType}
                onChange={(value) => setMediaType(value ?? 'bootanimation')}
              />
              <TextInput
                label="Name"
                value={name}
                error={faults.name}
                onChange={(event) => setName(event.currentTarget.value)}
              />
            </>
          )}
          {(type === 'media' || type === 'ota') && (
            <TextInput
              label="Version"
              value={version}
              error={faults.version}
              onChange={(event) => setVersion(event.currentTarget.value)}
            />
          )}
          {register.isPending && file && (
            <div role="status">
              <Progress value={100 * share} aria-label="Uploaded" mb={6} />
              <Text size="sm" c="dimmed">
                {share < 1 ? `${percent(share, 1)} of ${bytes(file.size)}` : 'Checking and registering…'}
              </Text>
            </div>
          )}
          {register.isError && !stop.current.signal.aborted && (
            <Alert color="red" title="It was not registered">
              {messageOf(register.error)}
            </Alert>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={close}>
              {register.isPending ? 'Stop' : 'Keep as is'}
            </Button>
            <Button type="submit" disabled={!file} loading={register.isPending}>
              Upload
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
