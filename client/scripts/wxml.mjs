/**
 * What templates say for the browser, as WXML knows it. A mini-program has no keyboard of its own: no order of the keys, and WeChat's
 * compiler takes no event twice on one element. Its screen readers know the role of an element as `aria-role`.
 */

const ELEMENT = 1
const ATTRIBUTE = 6
const DIRECTIVE = 7

/** A transform of Vue's template compiler: in the mini-program only. */
export function asWxml(node) {
  if (node.type !== ELEMENT) return
  node.props = node.props.filter((prop) => !isForKeys(prop))
  for (const prop of node.props) {
    if (prop.type === ATTRIBUTE && prop.name === 'role') prop.name = 'aria-role'
    else if (prop.type === DIRECTIVE && prop.name === 'bind' && prop.arg?.content === 'role') prop.arg.content = 'aria-role'
  }
}

function isForKeys(prop) {
  const name = prop.type === DIRECTIVE ? prop.arg?.content : prop.name
  if (prop.type === DIRECTIVE && prop.name === 'on') return /^key(down|up|press)$/.test(name ?? '')
  return name === 'tabindex'
}
