interface ImportMetaEnv {
  /** Where the API lives, for the mini-program: https://host without a trailing slash. The web page asks its own origin. */
  readonly VITE_API_URL?: string
}

declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}

/** Put in by the bundler. */
declare const process: { env: { UNI_PLATFORM?: string } }
