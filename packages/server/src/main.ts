#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import path from 'node:path'

// The next start, or worker, reads what this one has compiled. Where the folder cannot be written, each compiles for itself.
enableCompileCache(path.resolve(import.meta.dirname, '../../../node_modules/.cache/mason-server'))
await import('./commands.ts')
