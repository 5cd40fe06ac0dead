/** Fetches the page of a paper, with a renewed token where need be. */
import { addressOf } from '@/api/call'
import { problemOf } from '@/api/problem'
import { fetchFile, isFetched } from '@/platform/files'
import { tokens } from '@/session/tokens'

/** Saves or shows it. Raises Problem, Unreachable. */
export async function print(paperId: number, name: string): Promise<void> {
  const path = addressOf('print_paper', { path: { paper_id: paperId } })
  let token = tokens.current() ?? (await tokens.renew(undefined))
  let found = await fetchFile({ path, token, name })
  if (!isFetched(found) && found.status === 401) {
    token = await tokens.renew(token)
    if (token) found = await fetchFile({ path, token, name })
  }
  if (!isFetched(found)) throw problemOf(found)
  await found.show()
}

/** What systems refuse in a file's name becomes a dash. */
export function fileName(title: string, number: string): string {
  return `${title} ${number}.pdf`.replace(/[\\/:*?"<>|\s]+/g, '-')
}
