/**
 * Who comes from a province's portal (docs/guides/portal.md): https://host/#/pages/sign-in/sign-in?portal=…&ticket=…
 * The ticket is taken out of the address and the history before anything else sees it.
 */

export interface Arrival {
  portal: string
  ticket: string
}

const PLACE = '#/pages/sign-in/sign-in'

/** Whoever opens the page with a ticket: this module is read before the router is made. */
let arrived = process.env.UNI_PLATFORM === 'h5' ? readAddress() : undefined

/** Once. */
export function takeArrival(): Arrival | undefined {
  const taken = arrived
  arrived = undefined
  return taken
}

/** `act` when a ticket comes to a page that is open already. */
export function onArrival(act: () => void): void {
  if (process.env.UNI_PLATFORM !== 'h5') return
  // Before the router's own listener could see the ticket.
  window.addEventListener(
    'popstate',
    (event) => {
      const found = readAddress()
      if (!found) return
      event.stopImmediatePropagation()
      arrived = found
      act()
    },
    true,
  )
}

export function arrivalOf(hash: string): Arrival | undefined {
  const [path = '', query = ''] = hash.split('?', 2)
  if (path !== PLACE) return undefined
  const given = new URLSearchParams(query)
  const portal = given.get('portal')
  const ticket = given.get('ticket')
  return portal && ticket ? { portal: portal.slice(0, 64), ticket: ticket.slice(0, 1024) } : undefined
}

function readAddress(): Arrival | undefined {
  const found = arrivalOf(window.location.hash)
  if (found) window.history.replaceState(null, '', PLACE)
  return found
}
