/** The floors of the server from the lowest up (ARCHITECTURE.md). Those of one line know nothing of each other. */
const floors = [
  ['core'],
  ['access'],
  ['connectivity'],
  ['software'],
  ['fleet'],
  ['channel'],
  ['outward', 'web'],
] as const

/** What each file imports, by paths below `src`. */
export type Imports = ReadonlyMap<string, readonly string[]>

/** The files at the root, which put the floors together, stand above them all; `config.ts` stands beside the lowest. */
function levelOf(file: string): number {
  const [floor] = file.split('/')
  if (file === 'config.ts') return 0
  const level = floors.findIndex((names) => names.some((name) => name === floor))
  return level === -1 ? floors.length : level
}

const floorOf = (file: string) => file.split('/', 1)[0]

/** A folder of a floor, or a file that stands on a floor or at the root by itself. */
const roomOf = (file: string) => file.split('/').slice(0, 2).join('/')

/** The imports that lead up, or from one side of a floor to the other. */
export function arrowsUp(imports: Imports): string[] {
  const isUp = (from: string, to: string) =>
    levelOf(to) > levelOf(from) ||
    (levelOf(to) === levelOf(from) &&
      levelOf(from) > 0 &&
      levelOf(from) < floors.length &&
      floorOf(to) !== floorOf(from))
  return [...imports].flatMap(([from, targets]) =>
    targets.filter((to) => isUp(from, to)).map((to) => `${from} → ${to}`),
  )
}

/** Circles of rooms that import each other, each as the way around. */
export function circlesOfRooms(imports: Imports): string[] {
  const rooms = new Map<string, Set<string>>()
  for (const [from, targets] of imports)
    for (const to of targets)
      if (roomOf(to) !== roomOf(from)) (rooms.get(roomOf(from)) ?? newSet(rooms, from)).add(roomOf(to))
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (room: string, way: readonly string[]): void => {
    if (way.includes(room)) circles.push([...way.slice(way.indexOf(room)), room].join(' → '))
    if (way.includes(room) || done.has(room)) return
    for (const next of rooms.get(room) ?? []) visit(next, [...way, room])
    done.add(room)
  }
  for (const room of rooms.keys()) visit(room, [])
  return circles
}

function newSet(rooms: Map<string, Set<string>>, file: string): Set<string> {
  const set = new Set<string>()
  rooms.set(roomOf(file), set)
  return set
}
