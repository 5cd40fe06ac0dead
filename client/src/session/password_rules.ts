/** What a new password must be, as far as it can be seen here; the server knows more (the ID number, common ones). Pure. */

export interface Rule {
  says: string
  kept: boolean
}

export function rulesOf(password: string, old: string): Rule[] {
  const folded = password.normalize('NFKC')
  const rules = [
    { says: '8 到 128 位', kept: folded.length >= 8 && folded.length <= 128 },
    { says: '有字母，也有数字', kept: /\p{L}/u.test(folded) && /[0-9]/.test(folded) },
    { says: '至少有 4 种不同的字符', kept: new Set(folded).size >= 4 },
  ]
  if (old) rules.push({ says: '与原密码不同', kept: folded !== '' && folded !== old.normalize('NFKC') })
  return rules
}
