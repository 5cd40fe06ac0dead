/** The built package (MINI_PROGRAM: its folder) on a phone that is not there; run by tests/client/test_mini_program.py. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['tests/mini-program/*.walk.ts'],
    environment: 'jsdom',
    testTimeout: 20_000,
    fileParallelism: false,
  },
})
