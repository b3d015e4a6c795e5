import { encode } from 'uqr'
import classes from './qr.module.css'

/** Text as a QR code, dark on white in either color scheme: not every camera reads an inverted one. */
export function QrCode({ text, label, size = 200 }: { text: string; label: string; size?: number }) {
  const { data, size: modules } = encode(text, { border: 4 })
  // Each module has the same whole number of pixels: some cameras read no other.
  const width = Math.max(1, Math.floor(size / modules)) * modules
  const path = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg
      className={classes.qr}
      width={width}
      height={width}
      viewBox={`0 0 ${modules} ${modules}`}
      shapeRendering="crispEdges"
      role="img"
      aria-label={label}
    >
      <rect width={modules} height={modules} fill="#fff" />
      <path d={path} fill="#201e1a" />
    </svg>
  )
}
