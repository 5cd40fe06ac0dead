/** What is being written: from the draft or from what was handed in, kept at every pause, and handed in. */
import { computed, reactive, ref, shallowRef } from 'vue'
import { call, type Reply } from '@/api/call'
import { asProblem, Problem } from '@/api/problem'
import { storage } from '@/platform/storage'
import { askedEnrolment } from '@/session/asked_enrolment'
import { dropDraft, keepDraft, NEW, readDraft, type Draft, type Place, type Words } from '@/session/drafts'
import { useLoading } from '@/session/loading'
import { session } from '@/session/session'
import { itemCode, refusal, type Item, type Task } from '@/words/states'
import { clean, isUnwritten, scaffold, wrongWith, type Content } from './text'

/** A pause of typing, ms. */
const PAUSE = 400

export interface Asked {
  enrolment: number | undefined
  part: string
  item: string
}

type Handed = Reply<'show_item'>
type Wrong = Partial<Record<'text' | 'title' | 'dimension' | 'item' | 'all', string>>

const FIELDS = ['text', 'title', 'dimension', 'item'] as const

export function useEditing(where: () => Asked) {
  const words = reactive<Omit<Words, 'text'>>({ title: '', dimension: '', code: '' })
  /** What the field was last told; what is typed since is `text`, which nothing is drawn from. */
  const content = shallowRef<Content>({ id: 0, text: '' })
  let text = ''
  /** For the counts: `text` at the last pause. */
  const settled = ref('')
  const task = shallowRef<Task>()
  const handed = shallowRef<Handed>()
  /** The draft that stands in the fields, as it was found. */
  const restored = shallowRef<Draft>()
  /** When the draft was last kept; 0: there is none. */
  const keptAt = ref(0)
  const sending = ref(false)
  const wrong = ref<Wrong>({})
  let place: Place | undefined
  let since: Words & { base: string } = { text: '', title: '', dimension: '', code: '', base: '' }
  /** Handed in: nothing is kept any more. */
  let done = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const { data, problem, load } = useLoading(async () => {
    const { enrolment: wanted, part, item } = where()
    const enrolment = await askedEnrolment(wanted)
    const account = session.me?.account_id
    if (!enrolment || account === undefined) throw new Problem(404, 'not_found', '没有找到这一项，请从“作业和活动”里打开。')
    const path = { enrolment_id: enrolment.enrolment_id }
    const found = (await call('list_parts', { path })).find(({ key }) => key === part)
    if (!found) throw new Problem(404, 'not_found', '没有找到这一项，请从“作业和活动”里打开。')
    const there = found.items.some((one) => one.item === item)
    const before = there ? await call('show_item', { path: { ...path, part, item } }) : undefined
    begin(found, before, { account, enrolment: enrolment.enrolment_id, part, item })
    return enrolment
  })

  function begin(found: Task, before: Handed | undefined, at: Place) {
    task.value = found
    handed.value = before
    place = at
    since = {
      text: before?.text ?? scaffold(found.template),
      title: before?.title ?? '',
      dimension: before?.dimension ?? '',
      code: '',
      base: before?.handed_in_at ?? '',
    }
    const draft = readDraft(storage, at)
    restored.value = draft
    keptAt.value = draft?.at ?? 0
    fill(draft && editable.value ? draft : since)
  }

  function fill({ text: next, title, dimension, code }: Words) {
    put(next)
    Object.assign(words, { title, dimension, code })
    wrong.value = {}
  }

  /** Another text in the field. */
  function put(next: string) {
    text = next
    settled.value = next
    content.value = { id: content.value.id + 1, text: next }
  }

  function type(next: string) {
    text = next
    pause()
  }

  /** Something was typed. */
  function pause() {
    if (Object.keys(wrong.value).length) wrong.value = {}
    clearTimeout(timer)
    timer = setTimeout(keep, PAUSE)
  }

  /** At a pause, and when the page is left. */
  function keep() {
    clearTimeout(timer)
    timer = undefined
    settled.value = text
    if (!place || !task.value || done || !editable.value) return
    const at = Date.now()
    const written = isWritten() || since.base ? { ...words, text } : since
    keptAt.value = keepDraft(storage, place, written, since, at) ? at : 0
  }

  /** Not only the template's headings. */
  function isWritten(): boolean {
    return !isUnwritten(text, task.value?.template ?? []) || Boolean(words.title || words.dimension || words.code)
  }

  /** Something typed since the last pause is kept too. */
  function leave() {
    if (timer !== undefined) keep()
  }

  /** What was handed in, or an empty page, in the draft's place. */
  function forgetDraft() {
    clearTimeout(timer)
    timer = undefined
    if (place) dropDraft(storage, place)
    restored.value = undefined
    keptAt.value = 0
    fill(since)
  }

  /** Whether it was handed in. Otherwise `wrong` says why, and the draft is kept. */
  async function submit(): Promise<boolean> {
    if (!place || !task.value || sending.value) return false
    keep()
    const sent = { text: clean(text), title: clean(words.title).trim(), dimension: clean(words.dimension).trim() }
    const item = place.item === NEW ? itemCode(words.code) : place.item
    wrong.value = faults(task.value, sent.text, item, place.item === NEW)
    if (item === undefined || Object.keys(wrong.value).length) return false
    sending.value = true
    try {
      const path = { enrolment_id: place.enrolment, part: place.part, item }
      await call('hand_in', { path, body: sent }, { patience: 30_000 })
      done = true
      dropDraft(storage, place)
      return true
    } catch (error) {
      wrong.value = told(asProblem(error))
      return false
    } finally {
      sending.value = false
    }
  }

  const item = computed<Item | undefined>(() => handed.value)
  const editable = computed(() => item.value?.state !== 'graded')
  /** It was handed in elsewhere after this draft was begun. */
  const behind = computed(() => Boolean(restored.value && handed.value && restored.value.base !== handed.value.handed_in_at))

  const said = { words, content, settled, task, handed, item, restored, behind, keptAt, sending, wrong, editable, problem, data }
  return { ...said, load, put, type, pause, keep, leave, forgetDraft, submit, current: () => text }
}

function faults(task: Task, text: string, item: string | undefined, named: boolean): Wrong {
  const found: Wrong = {}
  const inText = wrongWith(text, task)
  if (inText) found.text = inText
  if (item === undefined) found.item = '请填写编号或名称：汉字、字母、数字和 - _ . · 组成，不超过 64 个字。'
  else if (named && task.items.some((one) => one.item === item)) found.item = `“${item}”已经提交过，请回到“作业和活动”里修改那一份。`
  return found
}

/** Each refusal beside its field; the rest beside the button. */
function told(problem: Problem): Wrong {
  const found: Wrong = {}
  for (const { field, reason } of problem.errors) {
    const name = FIELDS.find((known) => known === field) ?? 'all'
    found[name] = reason.replace(/[。！]?$/, '。')
  }
  return Object.keys(found).length ? found : { all: refusal(problem) }
}
