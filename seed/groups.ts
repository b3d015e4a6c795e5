/** The groups of the fleet that `npm run seed` makes. The families' own names suit them: `leeds-till-0007`. */
export const groups = [
  {
    name: 'tills-north',
    description: 'Tills of the northern shops',
    family: 'D450',
    devices: 110,
    flags: ['--install-fail', '0.03'],
  },
  {
    name: 'tills-south',
    description: 'Tills of the southern shops',
    family: 'D450',
    devices: 75,
    flags: ['--reject', '0.03', '--install-fail', '0.2'],
  },
  {
    name: 'couriers',
    description: 'Payment terminals that couriers carry',
    family: 'P310',
    devices: 55,
    flags: ['--slow', '0.1', '--install-fail', '0.5'],
  },
  { name: 'vans', description: 'Trackers in delivery vans', family: 'G430', devices: 40, flags: [] },
  { name: 'menu-boards', description: 'Screens above the counters', family: 'D210', devices: 20, flags: [] },
] as const

/** How many of a group's devices have gone offline. */
export const offlineShare = 0.06
