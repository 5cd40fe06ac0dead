import { defineConfig } from 'vite'
import uniModule from '@dcloudio/vite-plugin-uni'

// The plugin is CommonJS: its function is `default` of what Node imports.
const uni = (uniModule as unknown as { default?: typeof uniModule }).default ?? uniModule

/** For `npx uni` (a development server on the pages): where a running Xueshi answers. */
const api = process.env.XUESHI_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [uni()],
  cacheDir: process.env.VITE_CACHE_DIR,
  build: { reportCompressedSize: false },
  server: { proxy: { '/v1': api, '/media': api, '/verify': api } },
})
