import type { Dataset } from '../../commands/list-datasets.ts'

/** Who the answer is for, and where it can be asked for again. */
export type PresentedAccount = {
  readonly id: string
  readonly name: string
  /** Without a slash at its end. */
  readonly baseUrl: string
}

/**
 * A dataset in the words of the classic API, where it is a visualization of the type `table`.
 * Clients post this object back as a whole.
 */
export function presentDataset(account: PresentedAccount, dataset: Dataset): object {
  const owner = presentOwner(account)
  const permission = {
    id: dataset.id,
    owner,
    entity: { id: dataset.id, type: 'vis' },
    acl: [],
  }
  return {
    id: dataset.id,
    name: dataset.name,
    display_name: dataset.name,
    title: dataset.title,
    description: dataset.description,
    type: 'table',
    kind: 'geom',
    privacy: dataset.privacy,
    tags: dataset.tags,
    license: dataset.license,
    attributions: dataset.attributions,
    source: null,
    locked: dataset.locked,
    likes: 0,
    liked: false,
    map_id: null,
    active_layer_id: null,
    parent_id: null,
    prev_id: null,
    next_id: null,
    children: [],
    transition_options: {},
    stats: [],
    created_at: dataset.createdAt.toISOString(),
    updated_at: dataset.updatedAt.toISOString(),
    url: `${account.baseUrl}/api/v1/viz/${dataset.id}`,
    user: owner,
    permission,
    table: {
      id: dataset.id,
      name: tableName(dataset),
      privacy: dataset.privacy,
      geometry_types: geometryTypes(dataset),
      row_count: dataset.rowEstimate ?? 0,
      size: dataset.bytes,
      updated_at: dataset.updatedAt.toISOString(),
      permission: { id: dataset.id, owner, acl: [] },
    },
    synchronization: null,
    external_source: null,
    related_tables: [],
    dependent_visualizations: [],
    dependent_visualizations_count: 0,
    uses_builder_features: false,
  }
}

/** The same dataset as the API of tables has it. */
export function presentTable(account: PresentedAccount, dataset: Dataset): object {
  return {
    id: dataset.id,
    name: tableName(dataset),
    privacy: dataset.privacy,
    description: dataset.description,
    tags: dataset.tags.join(','),
    updated_at: dataset.updatedAt.toISOString(),
    created_at: dataset.createdAt.toISOString(),
    rows_counted: dataset.rowEstimate ?? 0,
    table_size: dataset.bytes,
    geometry_types: geometryTypes(dataset),
    map_id: null,
    synchronization: null,
    dependent_visualizations: [],
    non_dependent_visualizations: [],
    table_visualization: presentDataset(account, dataset),
  }
}

export function presentOwner(account: PresentedAccount): object {
  return {
    id: account.id,
    username: account.name,
    name: null,
    last_name: null,
    avatar_url: null,
    base_url: account.baseUrl,
  }
}

function geometryTypes({ geometryTypes: types }: Dataset): string[] {
  // Without the letters of further dimensions, as ST_GeometryType has them.
  return types.map((type) => `ST_${type.replace(/(ZM|Z|M)$/, '')}`)
}

function tableName({ schema, name }: Dataset): string {
  return schema === 'public' ? name : `${schema}.${name}`
}
