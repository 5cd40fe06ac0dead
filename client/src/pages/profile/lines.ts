/** The personal data line by line, as they may be reported wrong. Pure. */
import type { Input } from '@/api/call'
import type { Me } from '@/session/session'

export type Field = Input<'report_correction'>['body']['field']

export interface Line {
  field: Field
  name: string
  /** '' where nothing is kept. */
  value: string
}

const KINDS: Record<string, string> = {
  resident_id: '居民身份证号',
  residence_permit: '港澳台居民居住证号',
  foreign_permanent_resident: '外国人永久居留证号',
  passport: '护照号',
}

export function linesOf(me: Me): Line[] {
  return [
    { field: 'name', name: '姓名', value: me.name },
    { field: 'id_number', name: KINDS[me.id_kind] ?? '证件号码', value: me.id_number_masked },
    { field: 'mobile', name: '手机号', value: me.mobile_masked ?? '' },
    { field: 'school', name: '学校', value: me.school ?? '' },
    { field: 'stage', name: '学段', value: me.stage ?? '' },
    { field: 'subject', name: '学科', value: me.subject ?? '' },
  ]
}
