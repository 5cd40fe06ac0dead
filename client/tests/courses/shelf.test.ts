import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  filtered,
  GENERAL,
  inOrder,
  isNarrow,
  progress,
  sections,
  values,
  wantAll,
  type Course,
  type Module,
} from '@/pages/courses/shelf'

const lesson = fc.record({
  lesson_id: fc.nat(),
  code: fc.constant('L'),
  title: fc.constantFrom('一本书读一个月', '从问题到概念', '带着问题听课'),
  duration: fc.integer({ min: 1, max: 3000 }),
  credited: fc.nat({ max: 3000 }),
  media_url: fc.constant(''),
})
const course: fc.Arbitrary<Course> = fc.record({
  course_id: fc.nat(),
  code: fc.constantFrom('K01', 'A02'),
  title: fc.constantFrom('整本书阅读', '初中数学概念课', '课堂观察'),
  module: fc.constantFrom('ethics', 'knowledge', 'forgotten'),
  stage: fc.constantFrom('', '小学', '初中'),
  subject: fc.constantFrom('', '语文', '数学', '书法'),
  hours: fc.nat({ max: 30 }),
  chosen: fc.boolean(),
  lessons: fc.array(lesson, { maxLength: 4 }),
})
const catalogue = fc.array(course, { maxLength: 30 })
const wanted = fc.record({
  words: fc.constantFrom('', ' ', '数学', '课 问题', 'k０1'),
  stage: fc.constantFrom('', '小学', GENERAL),
  subject: fc.constantFrom('', '语文', GENERAL),
  chosenOnly: fc.boolean(),
})
const modules: Module[] = ['ethics', 'knowledge'].map((key) => ({
  key,
  title: `模块 ${key}`,
  clause: '',
  assumed: '',
  hours_required: 10,
  hours_credited: 0,
  hours_counted: 0,
  hours_missing: 10,
  points: 0,
  points_max: 10,
}))

describe('sections', () => {
  it('hold every course exactly once, in the notice’s order and none of them empty', () => {
    fc.assert(
      fc.property(catalogue, (courses) => {
        const made = sections(courses, modules)
        for (const { key, courses: own } of made) expect(own).toEqual(courses.filter(({ module }) => module === key))
        expect(made.reduce((sum, section) => sum + section.courses.length, 0)).toBe(courses.length)
        const order = ['ethics', 'knowledge', 'forgotten']
        expect(made.map(({ key }) => order.indexOf(key))).toEqual(made.map(({ key }) => order.indexOf(key)).sort())
        expect(made.every((section) => section.courses.length > 0)).toBe(true)
      }),
    )
  })
})

describe('what is wanted', () => {
  it('is a part of the catalogue in its order, all of it where nothing is asked', () => {
    fc.assert(
      fc.property(catalogue, wanted, (courses, asked) => {
        const found = filtered(courses, asked)
        let from = 0
        for (const one of found) {
          from = courses.indexOf(one, from) + 1
          expect(from).toBeGreaterThan(0)
        }
        if (!isNarrow(asked)) expect(found).toEqual(courses)
      }),
    )
    expect(isNarrow(wantAll())).toBe(false)
  })

  it('narrows by each condition apart from the others', () => {
    fc.assert(
      fc.property(catalogue, wanted, (courses, asked) => {
        const each = [
          { ...wantAll(), words: asked.words },
          { ...wantAll(), stage: asked.stage },
          { ...wantAll(), subject: asked.subject },
          { ...wantAll(), chosenOnly: asked.chosenOnly },
        ].map((one) => new Set(filtered(courses, one)))
        expect(filtered(courses, asked)).toEqual(courses.filter((one) => each.every((found) => found.has(one))))
      }),
    )
  })

  it('is found by titles of lessons and by codes, whatever the width of the letters', () => {
    const [one] = fc.sample(course, 1)
    const known: Course = { ...one!, title: '课堂观察', code: 'A02', lessons: [] }
    const find = (words: string) => filtered([known], { ...wantAll(), words }).length
    expect([find('ａ02'), find('观察 课堂'), find('数学')]).toEqual([1, 1, 0])
  })

  it('offers only values that find something, in the schools’ turn', () => {
    fc.assert(
      fc.property(catalogue, (courses) => {
        for (const stage of values(courses, 'stage'))
          expect(filtered(courses, { ...wantAll(), stage }).length).toBeGreaterThan(0)
        const subjects = values(courses, 'subject')
        expect(subjects).toEqual(['语文', '数学', '书法', GENERAL].filter((one) => subjects.includes(one)))
        expect(subjects.length).not.toBe(1)
      }),
    )
  })
})

describe('order and progress', () => {
  it('puts every chosen course before any other and loses none', () => {
    fc.assert(
      fc.property(catalogue, (courses) => {
        const ordered = inOrder(courses)
        expect(new Set(ordered)).toEqual(new Set(courses))
        const firstOther = ordered.findIndex(({ chosen }) => !chosen)
        if (firstOther >= 0) expect(ordered.slice(firstOther).some(({ chosen }) => chosen)).toBe(false)
      }),
    )
  })

  it('never counts more of a lesson than it has, and is done only when every lesson is', () => {
    fc.assert(
      fc.property(course, (one) => {
        const { credited, duration, done } = progress(one)
        expect(credited).toBeLessThanOrEqual(duration)
        expect(done).toBe(one.lessons.length > 0 && one.lessons.every((at) => at.credited >= at.duration))
      }),
    )
  })
})
