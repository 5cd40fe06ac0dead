/** What a page shows while it asks: nothing yet, the data, or what went wrong, with a way to ask again. */
import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asProblem, type Problem } from '@/api/problem'
import { session, start } from './session'

export interface Loading<T> {
  data: ShallowRef<T | undefined>
  problem: ShallowRef<Problem | undefined>
  loading: Ref<boolean>
  /** Asks (again). What was there stays until the new is. The last call wins. */
  load(): Promise<void>
}

export function useLoading<T>(ask: () => Promise<T>): Loading<T> {
  const data = shallowRef<T>()
  const problem = shallowRef<Problem>()
  const loading = ref(false)
  let latest = 0
  async function load() {
    const mine = ++latest
    loading.value = true
    try {
      await beBack()
      const found = await ask()
      if (mine === latest) {
        data.value = found
        problem.value = undefined
      }
    } catch (error) {
      if (mine === latest) problem.value = asProblem(error)
    } finally {
      if (mine === latest) loading.value = false
    }
  }
  return { data, problem, loading, load }
}

/** Where the server could not be asked who this is: first that, then the page's own. Raises what is wrong still. */
async function beBack(): Promise<void> {
  if (session.standing !== 'away') return
  await start()
  if (session.problem) throw session.problem
}
