/** Why a sign-in did not work, and what to do next, in words. What is not here says the server well enough. */
import type { Problem } from '@/api/problem'

export interface Refusal {
  says: string
  /** What to do next; '' where `says` has it. */
  next: string
  /** May sign in without binding this WeChat. */
  withoutWechat?: boolean
}

const ASK = '忘记密码请联系学校管理员或咨询热线重置。'

export function refusalOf(problem: Problem): Refusal {
  const { code, message, status } = problem
  switch (code) {
    case 'bad_credentials':
      return { says: '身份证号或密码不正确。', next: `请核对后再试，连续输错 5 次会暂时锁定。${ASK}` }
    case 'account_locked':
      return { says: '密码多次输错，账号暂时锁定。', next: '' }
    case 'too_many_tries':
      return { says: '您所在的网络登录失败的次数太多。', next: '请过几分钟再试，或换用手机流量登录。' }
    case 'wechat_bound_elsewhere':
      return {
        says: '这个微信已经绑定了另一个账号。',
        next: '如果两个都是您的，请先用那个账号登录，在“我的”里解除绑定；也可以这次不绑定，直接登录。',
        withoutWechat: true,
      }
    case 'account_bound_elsewhere':
      return {
        says: '您的账号已经绑定了别的微信。',
        next: '要换成这个微信，请先不绑定直接登录，在“我的”里解除原来的绑定，再退出重新登录。',
        withoutWechat: true,
      }
    case 'wechat_user_risky':
      return { says: '微信提示这个微信号有风险，不能用它登录。', next: '请用身份证号和密码登录，学习不受影响。' }
    case 'wechat_not_configured':
    case 'wechat_misconfigured':
      return { says: '微信登录现在不能用。', next: '请用身份证号和密码登录，学习不受影响。' }
    case 'wechat_unreachable':
    case 'wechat_failed':
    case 'wechat_rate_limited':
    case 'wechat_code_invalid':
      return { says: '暂时连接不上微信。', next: '请稍后再试，或用身份证号和密码登录。' }
    case 'unreachable':
      return { says: '网络不通，没有登录成功。', next: '您填写的内容都还在，请检查网络后再试。' }
  }
  if (status === 502 || status === 503 || status === 504) return { says: '系统正忙。', next: '您填写的内容都还在，请稍等片刻再试。' }
  return { says: message, next: '' }
}

/** The same for who came from a province's portal. */
export function portalRefusalOf(problem: Problem): Refusal {
  switch (problem.code) {
    case 'bad_ticket':
      return { says: '从省级平台带来的登录信息已经过期或用过。', next: '请回到省级平台，重新点一次进入学习。' }
    case 'portal_unknown':
      return { says: '不认识您来自的平台。', next: '请用身份证号和密码登录；仍有问题请联系学校管理员。' }
    case 'unreachable':
      return { says: '网络不通，没有登录成功。', next: '请检查网络后，回到省级平台重新点一次进入学习。' }
  }
  return refusalOf(problem)
}

/** "58 秒", "1 分 05 秒". */
export function countdown(seconds: number): string {
  const minutes = Math.floor(seconds / 60)
  const rest = seconds % 60
  return minutes ? `${minutes} 分 ${String(rest).padStart(2, '0')} 秒` : `${rest} 秒`
}
