const width = 720
const height = 900
const course = 60

interface Stone {
  x: number
  y: number
  width: number
  shade: number
  isKey: boolean
}

/** Courses of stones whose joints never meet; the same at every visit. */
function layStones(): Stone[] {
  const random = sequence(7)
  const stones: Stone[] = []
  for (let y = 0; y < height; y += course) {
    for (let x = -random() * 90; x < width; ) {
      const length = 70 + random() * 95
      stones.push({ x, y, width: length, shade: random(), isKey: random() > 0.985 })
      x += length
    }
  }
  return stones
}

function sequence(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

const stones = layStones()

/** A wall of stones, beside the sign-in form. */
export function Wall() {
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="xMidYMid slice" role="presentation">
      {stones.map((stone) => (
        <rect
          key={`${stone.x} ${stone.y}`}
          x={stone.x + 2}
          y={stone.y + 2}
          width={stone.width - 4}
          height={course - 4}
          rx={5}
          fill={stone.isKey ? '#ee9a6a' : '#f4efe6'}
          fillOpacity={stone.isKey ? 0.95 : 0.035 + stone.shade * 0.075}
        />
      ))}
    </svg>
  )
}
