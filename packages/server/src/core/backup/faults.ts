/** Why a backup is refused. */
class BackupFault extends Error {}

export const damaged = (what: string) => new BackupFault(`The backup is damaged: ${what}. Take another one`)

export const cutOff = () => new BackupFault('The backup is cut off: its end is missing. Take another one')

export const notOurs = () =>
  new BackupFault('This is no backup of this program. If it was encrypted or packed once more, undo that first')

export const newer = (program: string, what: string) =>
  new BackupFault(`The backup is of a newer program, ${program}: this one does not know ${what}. Use that one`)
