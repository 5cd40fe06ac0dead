/**
 * Builds the WeChat mini-program into a folder that WeChat DevTools opens: node scripts/mini-program.mjs
 *
 *   VITE_API_URL    where the server answers: https://host, no path. http:// only for this machine (127.0.0.1, localhost).
 *                   Default: http://127.0.0.1:8000, where `make run` answers.
 *   WECHAT_APPID    wx and 16 hexadecimal digits. Default: touristappid, with which DevTools opens the folder as a visitor.
 *   UNI_OUTPUT_DIR  the folder. Default: dist/build/mp-weixin
 *
 * Exit codes: 2 for a setting that cannot be, 1 where the build fails or is larger than WeChat takes.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const HERE = dirname(dirname(fileURLToPath(import.meta.url)))
const LOCAL = new Set(['127.0.0.1', 'localhost'])
/** WeChat takes no main package of more bytes. */
const LARGEST = 2 * 1024 * 1024

const given = (name, otherwise) => process.env[name]?.trim() || otherwise
const api = apiOf(given('VITE_API_URL', 'http://127.0.0.1:8000'))
const appid = appidOf(given('WECHAT_APPID', 'touristappid'))
const folder = resolve(HERE, given('UNI_OUTPUT_DIR', 'dist/build/mp-weixin'))

build()
settle(join(folder, 'project.config.json'))
const size = sizeOf(folder)
if (size > LARGEST) fail(`the package has ${size} bytes; WeChat takes ${LARGEST}`, 1)
console.log(
  `The mini-program (${Math.ceil(size / 1024)} kB) asks ${api.origin}${appid === 'touristappid' ? ', without an appid' : ` as ${appid}`}.`,
)
console.log(`Open this folder in WeChat DevTools: ${folder}`)

function apiOf(text) {
  const wanted = 'https://host without a path, or http://127.0.0.1:port for this machine'
  let url
  try {
    url = new URL(text)
  } catch {
    fail(`VITE_API_URL is no address: ${text} (${wanted})`)
  }
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && LOCAL.has(url.hostname))
  if (!isSafe) fail(`VITE_API_URL has to be ${wanted}, not ${text}: WeChat asks no other servers`)
  if (url.username || url.password) fail('VITE_API_URL may name no user: the package is public')
  if (text !== url.origin) fail(`VITE_API_URL has to be ${wanted}: ${url.origin}, not ${text}`)
  return url
}

function appidOf(text) {
  if (text !== 'touristappid' && !/^wx[0-9a-f]{16}$/.test(text))
    fail(`WECHAT_APPID is wx and 16 hexadecimal digits (mp.weixin.qq.com, 开发管理), not ${text}`)
  return text
}

function build() {
  const uni = join(dirname(createRequire(import.meta.url).resolve('@dcloudio/vite-plugin-uni/package.json')), 'bin/uni.js')
  const env = { ...process.env, VITE_API_URL: api.origin, UNI_OUTPUT_DIR: folder }
  const { status, stdout, stderr } = spawnSync(process.execPath, [uni, 'build', '-p', 'mp-weixin'], {
    cwd: HERE,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) fail(`the mini-program could not be built:\n${stdout}${stderr}`, 1)
}

/** DevTools asks a server on this machine only when it is told not to check domains. */
function settle(path) {
  const project = JSON.parse(readFileSync(path, 'utf8'))
  project.appid = appid
  project.setting.urlCheck = api.protocol === 'https:'
  writeFileSync(path, `${JSON.stringify(project, null, 2)}\n`)
}

function sizeOf(path) {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0)
}

function fail(why, code = 2) {
  console.error(`mini-program: ${why}`)
  process.exit(code)
}
