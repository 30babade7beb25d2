/**
 * Turns an array in PostgreSQL's text form into JSON text. `elementJson` turns the text of one
 * element into JSON text, so that no number passes through a JavaScript double. `delimiter` is the
 * element type's: a comma for nearly all, but a colon for geometries.
 * https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
 */
export function arrayJson(
  text: string,
  delimiter: string,
  elementJson: (text: string) => string,
): string {
  let json = ''
  // Where bounds do not begin at 1 they stand in front: [2:3]={1,2}.
  let position = text.indexOf('{')
  while (position < text.length) {
    const char = text[position]
    if (char === '{') json += '['
    else if (char === '}') json += ']'
    else if (char === delimiter) json += ','
    else {
      const { element, end } =
        char === '"' ? readQuoted(text, position + 1) : readBare(text, position, delimiter)
      json += element === undefined ? 'null' : elementJson(element)
      position = end
      continue
    }
    position += 1
  }
  return json
}

type Element = { readonly element: string | undefined; readonly end: number }

function readQuoted(text: string, start: number): Element {
  let element = ''
  let from = start
  for (let index = start; index < text.length; index += 1) {
    const char = text[index]
    if (char === '"') return { element: element + text.slice(from, index), end: index + 1 }
    if (char !== '\\') continue
    element += text.slice(from, index)
    from = index + 1
    index += 1
  }
  throw new Error('An array ends inside of an element.')
}

/** What needs no quotes. A null is the bare word; the text "NULL" comes quoted. */
function readBare(text: string, start: number, delimiter: string): Element {
  let end = start
  while (end < text.length && text[end] !== delimiter && text[end] !== '}') end += 1
  const element = text.slice(start, end)
  return { element: element === 'NULL' ? undefined : element, end }
}
