import { defineConfig, type Plugin } from 'vite'
import uniModule from '@dcloudio/vite-plugin-uni'
import { asWxml } from './scripts/wxml.mjs'

// The plugin is CommonJS: its function is `default` of what Node imports.
const uni = (uniModule as unknown as { default?: typeof uniModule }).default ?? uniModule

/** For `npx uni` (a development server on the pages): where a running Xueshi answers. */
const api = process.env.XUESHI_URL ?? 'http://127.0.0.1:8000'

const isMiniProgram = process.env.UNI_PLATFORM === 'mp-weixin'

/** uni's own styles name a shadow on its maker's server; the page asks no host but its own. Its font becomes a file: the page's policy allows none in an address. */
const nothingForeign: Plugin = {
  name: 'nothing-foreign',
  generateBundle(_, bundle) {
    for (const file of Object.values(bundle))
      if (file.type === 'asset' && file.fileName.endsWith('.css'))
        file.source = String(file.source)
          .replace(/url\(["']?https?:[^)]*\)/g, 'none')
          .replace(/url\(["']?data:font\/ttf[^,)]*,([\w+/=]+)["']?\)/g, (_, font: string) => {
            const made = this.emitFile({ type: 'asset', name: 'icons.ttf', source: Buffer.from(font, 'base64') })
            return `url(${this.getFileName(made).replace(/^.*\//, '')})`
          })
  },
}

export default defineConfig({
  plugins: [
    uni({ vueOptions: { template: { compilerOptions: { nodeTransforms: isMiniProgram ? [asWxml] : [] } } } }),
    nothingForeign,
  ],
  cacheDir: process.env.VITE_CACHE_DIR,
  // The mini-program's phones run what is built here: WeChat's own tools translate nothing (manifest.json: es6 is false).
  build: { reportCompressedSize: false, ...(isMiniProgram && { target: 'es2015' }) },
  server: { proxy: { '/v1': api, '/media': api, '/verify': api } },
})
