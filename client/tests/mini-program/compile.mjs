/**
 * WeChat's own compiler over built packages, without WeChat's servers: node compile.mjs FOLDER …
 * Writes a line of JSON for each folder to stdout: what the compiler does not take (JavaScript, WXML, WXSS, JSON), or null.
 */
import dns from 'node:dns'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// Before the compiler is loaded: it would ask WeChat which new file types there are, and knows enough without.
dns.lookup = (host, options, done = options) => done(Object.assign(new Error(`${host} is not asked`), { code: 'ENOTFOUND' }))
const ci = createRequire(import.meta.url)('miniprogram-ci')
const { write } = process.stdout
const say = (line) => write.call(process.stdout, `${JSON.stringify(line)}\n`)
console.log = console.info = console.warn = console.error = () => {}

for (const folder of process.argv.slice(2)) {
  try {
    await compile(resolve(folder))
    say({ folder, error: null })
  } catch (error) {
    say({ folder, error: String(error?.message ?? error) })
  }
}
process.exit(0)

async function compile(projectPath) {
  const project = new ci.Project({
    appid: 'wx0123456789abcdef',
    type: 'miniProgram',
    projectPath,
    privateKey: 'none: nothing is sent',
  })
  // What it would ask WeChat about the account.
  const setting = { MaxCodeSize: 2, MaxSubpackageSubCodeSize: 2, MaxSubpackageFullCodeSize: 20 }
  project.attr = async () => ({ platform: true, appType: 0, gameApp: false, isSandbox: false, released: false, setting })
  const zip = join(tmpdir(), `compiled-${process.pid}.zip`)
  await ci.getCompiledResult({ project, setting: { es6: false, minify: true, minifyWXML: true } }, zip)
  rmSync(zip, { force: true })
}
