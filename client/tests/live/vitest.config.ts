/** The real player against a running server (tests/client/test_beats_through_a_lossy_proxy.py starts both). */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const given: Record<string, string | undefined> = { ...process.env }

export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { alias: { '@': fileURLToPath(new URL('../../src', import.meta.url)) } },
  test: {
    include: ['tests/live/*.live.ts'],
    environment: 'node',
    testTimeout: 60_000,
    env: { VITE_API_URL: given.XUESHI_URL ?? '' },
  },
})
