/** Files that the server makes: fetched with a token, then saved (web) or shown (mini-program). */
import { API_URL, Unreachable, type Answer } from './http'

/** A file that came; `show` saves it under its name, or opens it in WeChat, from where it can be sent on or saved. */
export interface Fetched {
  show(): Promise<void>
}

export interface FileAsk {
  /** From the root, e.g. /v1/papers/1.pdf; an address of another host is not asked. */
  path: string
  token: string | undefined
  /** With its ending: 结业证书.pdf */
  name: string
}

/** The file, or the answer that refused it. Raises Unreachable. */
export type FetchFile = (ask: FileAsk) => Promise<Fetched | Answer>

export function isFetched(found: Fetched | Answer): found is Fetched {
  return 'show' in found
}

/** ms: many may print at once. */
const PATIENCE = 60_000

declare const wx: { env: { USER_DATA_PATH: string } }

const overWeb: FetchFile = async ({ path, token, name }) => {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), PATIENCE)
  try {
    const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {}
    const reply = await fetch(path, { headers, signal: stop.signal })
    if (!reply.ok) return refused(reply.status, reply.headers.get('retry-after'), await reply.text())
    const file = await reply.blob()
    return { show: async () => save(file, name) }
  } catch (error) {
    throw new Unreachable(String(error))
  } finally {
    clearTimeout(timer)
  }
}

/** A link of our own, pressed: opening the blob in a tab would put its viewer under this page's policy, which forbids viewers. */
function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(link.href), PATIENCE)
}

const inWechat: FetchFile = ({ path, token, name }) =>
  new Promise((resolve, reject) => {
    uni.downloadFile({
      url: API_URL + path,
      header: token ? { Authorization: `Bearer ${token}` } : {},
      timeout: PATIENCE,
      success: ({ statusCode, tempFilePath }) =>
        resolve(statusCode === 200 ? { show: () => view(tempFilePath, name) } : refused(statusCode, null, textOf(tempFilePath))),
      fail: ({ errMsg }) => reject(new Unreachable(errMsg)),
    })
  })

function view(path: string, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = ({ errMsg }: { errMsg: string }) => reject(new Error(errMsg))
    const named = `${wx.env.USER_DATA_PATH}/${name}`
    const open = (filePath: string) =>
      uni.openDocument({ filePath, fileType: 'pdf', showMenu: true, success: () => resolve(), fail: failed })
    // Under its name it can be sent on; where there is no room, under WeChat's own.
    uni.getFileSystemManager().copyFile({ srcPath: path, destPath: named, success: () => open(named), fail: () => open(path) })
  })
}

function textOf(path: string): string {
  try {
    return String(uni.getFileSystemManager().readFileSync(path, 'utf8'))
  } catch {
    return ''
  }
}

function refused(status: number, retryAfter: string | null, text: string): Answer {
  const headers: Record<string, string> = retryAfter ? { 'retry-after': retryAfter } : {}
  try {
    return { status, headers, body: JSON.parse(text) }
  } catch {
    return { status, headers, body: null }
  }
}

export const fetchFile: FetchFile = process.env.UNI_PLATFORM === 'h5' ? overWeb : inWechat
