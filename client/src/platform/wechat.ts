/** WeChat's own log-in. Only in the mini-program. */

/** A code for POST /v1/auth/wechat: lives 5 minutes, serves once. WeChat allows two calls a page view, so ask only without tokens. */
export function loginCode(): Promise<string> {
  return new Promise((resolve, reject) => {
    uni.login({
      provider: 'weixin',
      success: ({ code }) => (code ? resolve(code) : reject(new Error('WeChat gave no code'))),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
}
