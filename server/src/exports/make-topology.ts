import { topology } from 'topojson-server'

type Feature = Parameters<typeof topology>[0][string]
export type FeatureCollection = { readonly features: readonly Feature[] }

/** How many different values a coordinate can have. */
const quantization = 10_000

/** A topology of the features, each of which is an object under its number. */
export function makeTopology({ features }: FeatureCollection): ReturnType<typeof topology> {
  const objects = Object.fromEntries(features.entries())
  // Without any coordinates there is nothing to make whole numbers of.
  const isDrawn = features.some((feature) => 'geometry' in feature && feature.geometry !== null)
  return isDrawn ? topology(objects, quantization) : topology(objects)
}
