import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  plugins: [react()],
  build: {
    // The Content-Security-Policy allows nothing inline, and no data: URL but for images.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // MapLibre is the largest, and is loaded by whoever looks at a map.
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      output: {
        // What every page begins with is one file: as many small ones, each compressed by itself, it would be a tenth larger.
        codeSplitting: { groups: [{ name: 'first', test: /src[\\/]main\.tsx$/ }] },
      },
    },
  },
})
