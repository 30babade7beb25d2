import { apis } from '../credential/principal.ts'
import type { JsonSchema } from './json-schema.ts'

/** The order in which the limit of one section of a kind is checked. */
export const sectionTypes = [
  'apis',
  'database',
  'dataservices',
  'user',
  'data-observatory',
] as const

/** The data services that can be granted. */
export const dataServices = ['geocoding', 'routing', 'isolines', 'observatory'] as const

export type SectionType = (typeof sectionTypes)[number]

/**
 * What `grants` may look like on the wire. One flat schema holds for every section: a member that
 * belongs to another type of section is accepted and has no effect.
 */
export const grantsSchema: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    required: ['type'],
    properties: {
      type: { type: 'string', enum: sectionTypes },
      apis: { type: 'array', items: { type: 'string', enum: apis } },
      tables: {
        type: 'array',
        items: {
          type: 'object',
          required: ['schema', 'name', 'permissions'],
          properties: {
            schema: { type: 'string' },
            name: { type: 'string' },
            // Shown in answers, so clients send it back; it grants nothing.
            owner: { type: 'boolean' },
            permissions: {
              type: 'array',
              items: { type: 'string', enum: ['insert', 'select', 'update', 'delete'] },
            },
          },
        },
      },
      schemas: {
        type: 'array',
        items: {
          type: 'object',
          required: ['name', 'permissions'],
          properties: {
            name: { type: 'string' },
            schema: { type: 'string' },
            permissions: { type: 'array', items: { type: 'string', enum: ['create'] } },
          },
        },
      },
      table_metadata: { type: 'array' },
      services: {
        type: 'array',
        items: { type: 'string', enum: dataServices },
      },
      data: { type: 'array', items: { type: 'string', enum: ['profile'] } },
      datasets: { type: 'array', items: { type: 'string' } },
    },
  },
}
