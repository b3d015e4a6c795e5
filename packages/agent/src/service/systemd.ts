import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Systemd } from './install.ts'

/** The systemd of this host. @param program the command `systemctl`. */
export const hostSystemd = (folder: string, program: string): Systemd => ({
  folder,
  run: async (...args) => {
    await promisify(execFile)(program, args).catch((cause: { code?: string; stderr?: string; message: string }) => {
      if (cause.code === 'ENOENT')
        throw new Error(`there is no ${program}: this host has no systemd. Start "mason-agent run" by other means`)
      throw new Error(`${program} ${args.join(' ')}: ${cause.stderr?.trim() || cause.message}`, { cause })
    })
  },
})
