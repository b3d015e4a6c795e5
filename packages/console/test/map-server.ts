import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One pixel of the blue that every tile of the server has. */
const tile = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgyNoHAAGWASlCx6XWAAAAAElFTkSuQmCC',
  'base64',
)
export const tileColor = [0, 106, 190]

export interface MapServer {
  origin: string
  /** The paths that were asked for. */
  asked: string[]
  stop(): void
}

/** A server of map styles and tiles, as operators run them: `/style.json`, and `/elsewhere.json` whose tiles are at another origin. */
export async function startMapServer(elsewhere = ''): Promise<MapServer> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    response.setHeader('access-control-allow-origin', '*')
    if (path === '/style.json') response.end(styleOf(origin))
    else if (path === '/elsewhere.json') response.end(styleOf(elsewhere))
    else if (path.endsWith('.png')) response.setHeader('content-type', 'image/png').end(tile)
    else if (path.endsWith('.pbf')) response.end()
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    origin,
    asked,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

const styleOf = (origin: string) =>
  JSON.stringify({
    version: 8,
    sources: {
      land: { type: 'raster', tiles: [`${origin}/{z}/{x}/{y}.png`], tileSize: 256, attribution: 'Test tiles' },
      roads: { type: 'vector', tiles: [`${origin}/{z}/{x}/{y}.pbf`], maxzoom: 14 },
    },
    layers: [
      { id: 'land', type: 'raster', source: 'land', paint: { 'raster-fade-duration': 0 } },
      { id: 'roads', type: 'line', source: 'roads', 'source-layer': 'roads' },
    ],
  })
