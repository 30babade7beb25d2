/** The type of a geometry column as declared, in words: one that declares none holds any. */
export function geometryTitle(type: string): string {
  return type === 'Geometry' ? 'any' : type
}
