/** What lies over the picture. */
export type Curtain =
  /** Nothing: it plays. */
  | 'none'
  /** Not started on this page. */
  | 'ready'
  | 'paused'
  | 'waiting'
  /** The video could not be fetched or shown. */
  | 'broken'
  | 'ended'
