// Writes FILE.br and FILE.gz beside every text of a folder that is worth it: node scripts/compress.mjs FOLDER
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node scripts/compress.mjs folder')
  process.exit(2)
}
const WORTH_IT = 512 // bytes: less fits one packet anyhow

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(js|css|html|json|svg|txt)$/.test(entry.name)) continue
  const path = join(entry.parentPath ?? entry.path, entry.name)
  const content = readFileSync(path)
  if (content.length < WORTH_IT) continue
  const hint = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length, [constants.BROTLI_PARAM_QUALITY]: 11 }
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params: hint }))
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
}
