import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import type { User } from '@mason/contract/user'
import { CopyLine } from '../ui/copy.tsx'

/** The link of an invitation or a new password, the one time that it is shown: this server sends no mail. */
export function LinkDialog({ user, onClose }: { user: User; onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      closeOnClickOutside={false}
      size="lg"
      title={<Text fw={600}>Hand this link over</Text>}
    >
      <Stack gap="md">
        <Alert color="yellow">
          This server sends no mail: give the link to {user.name ?? user.email} yourself. It works once, and is not
          shown again.
        </Alert>
        <CopyLine text={user.link ?? ''} label="link" isWrapped />
        <Group justify="flex-end">
          <Button onClick={onClose}>I have copied it</Button>
        </Group>
      </Stack>
    </Modal>
  )
}
