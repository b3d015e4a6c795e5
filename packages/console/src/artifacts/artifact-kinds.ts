import type { ArtifactType } from '@mason/contract/artifact'
import { AppWindow, Cpu, FileCog, Image, type LucideIcon } from 'lucide-react'

interface ArtifactKind {
  type: ArtifactType
  label: string
  icon: LucideIcon
  /** What to choose, for whoever uploads one. */
  hint: string
}

export const artifactKinds: readonly ArtifactKind[] = [
  {
    type: 'apk',
    label: 'App',
    icon: AppWindow,
    hint: 'A signed APK. The package name and version code are read from the file.',
  },
  {
    type: 'config',
    label: 'Project configuration',
    icon: FileCog,
    hint: 'A YAML file. The project and version are read from the file.',
  },
  {
    type: 'media',
    label: 'Media',
    icon: Image,
    hint: 'A boot animation (zip), a splash image (PNG), or the scrcpy server, which shows screens of Android devices.',
  },
  { type: 'ota', label: 'OS update', icon: Cpu, hint: 'An update package of Mason OS.' },
]

export function artifactKind(type: string): ArtifactKind {
  return artifactKinds.find((kind) => kind.type === type) ?? { type: 'apk', label: type, icon: AppWindow, hint: '' }
}
