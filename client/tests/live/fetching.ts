/** uni.request as Node has it: fetch. */

interface Asked {
  url: string
  method: string
  header: Record<string, string>
  data?: string
  timeout: number
  success(answer: { statusCode: number; header: Record<string, string>; data: string }): void
  fail(failure: { errMsg: string }): void
}

export function fetching({ url, method, header, data, timeout, success, fail }: Asked): void {
  fetch(url, { method, headers: header, body: data, signal: AbortSignal.timeout(timeout) })
    .then(async (reply) => {
      success({ statusCode: reply.status, header: Object.fromEntries(reply.headers), data: await reply.text() })
    })
    .catch((error: unknown) => fail({ errMsg: String(error) }))
}
