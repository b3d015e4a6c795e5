import type { SettingAtCarrier } from '@mason/contract/sim'

/** Who keeps a SIM to a setting, with the setting itself: as `4901542 · kept by the carrier, too`. */
export function withKeeper(
  setting: string | undefined,
  at: SettingAtCarrier | undefined,
  isForCarrier = setting !== undefined,
): string | undefined {
  const keeper = at ? wordsOf(at, isForCarrier) : isForCarrier && 'watched by the platform alone'
  return [setting ?? (keeper && 'none'), keeper].filter(Boolean).join(' · ') || undefined
}

function wordsOf({ state, reason }: SettingAtCarrier, isForCarrier: boolean): string {
  if (state === 'set') return 'kept by the carrier, too'
  const what = isForCarrier ? '' : ' to remove it'
  const words = state === 'refused' ? `the carrier refused${what}` : `the carrier is being asked${what}`
  return reason === undefined ? words : `${words}: ${reason}`
}
