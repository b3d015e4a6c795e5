import { Tabs, Text } from '@mantine/core'
import { CopyLine } from '../ui/copy.tsx'
import { ShownOnce } from '../ui/shown-once.tsx'
import go from './samples/receiver.go?raw'
import node from './samples/receiver.mjs?raw'
import python from './samples/receiver.py?raw'

const samples = { Node: node, Python: python, Go: go }

/** The secret of a webhook, the one time that it is shown, with receivers that verify by it. */
export function NewSecret({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <ShownOnce
      title="Signing secret"
      warning="Copy it now and store it with your receiver. It is shown only once."
      onClose={onClose}
    >
      <CopyLine text={secret} label="secret" isWrapped />
      <div>
        <Text size="sm" fw={500} mb={4}>
          Sample receiver
        </Text>
        <Tabs defaultValue="Node">
          <Tabs.List>
            {Object.keys(samples).map((language) => (
              <Tabs.Tab key={language} value={language}>
                {language}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {Object.entries(samples).map(([language, code]) => (
            <Tabs.Panel key={language} value={language} pt="xs">
              <CopyLine text={code} label={`${language} receiver`} />
            </Tabs.Panel>
          ))}
        </Tabs>
      </div>
    </ShownOnce>
  )
}
