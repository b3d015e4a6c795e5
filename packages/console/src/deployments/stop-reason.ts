const reasons: Record<string, string | undefined> = {
  // Somebody paused or canceled it: the trail says who.
  asked: undefined,
  failures: 'too many failures',
  superseded: 'replaced by a newer roll-out',
}

/** Why a roll-out does not go on, in a few words; nothing where somebody asked for it. */
export function stopReason(reason: string): string | undefined {
  return reason in reasons ? reasons[reason] : reason
}
