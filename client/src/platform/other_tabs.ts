/** Other tabs of this browser share the storage with this one. The mini-program has none. */

/** `act` with the key of what another tab changed, with undefined when it cleared all, until what is returned is called. */
export function onOtherTab(act: (key: string | undefined) => void): () => void {
  if (process.env.UNI_PLATFORM !== 'h5') return () => undefined
  const changed = (event: StorageEvent) => act(event.key ?? undefined)
  window.addEventListener('storage', changed)
  return () => window.removeEventListener('storage', changed)
}

/** `act` when the network is back. */
export function onNetwork(act: () => void): void {
  uni.onNetworkStatusChange(({ isConnected }) => {
    if (isConnected) act()
  })
}
