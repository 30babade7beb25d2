import {
  createTileset,
  listTilesets,
  queueTileset,
  type TilesetMaking,
} from '@postern/server/commands/create-tileset.js'
import type { Config } from '@postern/server/config.js'
import type { Installation } from '@postern/server/installation.js'
import { splitName } from '@postern/server/policy/split-name.js'
import { loadStatementParser } from '@postern/server/policy/statement-parser.js'
import { terminateSession } from '@postern/server/roles/terminate-session.js'
import { createSessionPools } from '@postern/server/session-pools.js'
import { createStopController } from '@postern/server/stop-signal.js'
import { type DropRule, dropRules } from '@postern/server/tiles/build-tileset.js'
import type { TilesetDefinition } from '@postern/server/tiles/make-tileset.js'
import { createWarehouse } from '@postern/server/warehouse/run-statement.js'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { withInstallation } from './with-installation.ts'

type CreateOptions = {
  readonly account: string
  readonly from?: string
  readonly query?: string
  readonly minZoom: number
  readonly maxZoom: number
  readonly drop: DropRule
  readonly maxFeatures: number
  readonly columns?: string
  readonly geometry?: string
  readonly background?: true
}

export function addTilesetCommands(program: Command): void {
  const tileset = program
    .command('tileset')
    .description('Tables of tiles that are made beforehand.')

  tileset
    .command('create')
    .description(
      'Make a tileset, or go on with one that was interrupted. One of that name is replaced when the new one is whole.',
    )
    .argument('<name>', 'the table to make: name, or schema.name')
    .requiredOption('--account <account>', 'whose data it is')
    .option('--from <table>', 'the table or view to draw')
    .option('--query <sql>', 'the SELECT to draw')
    .addOption(new Option('--min-zoom <z>', 'the first zoom').default(0).argParser(zoom))
    .addOption(new Option('--max-zoom <z>', 'the last zoom').default(12).argParser(zoom))
    .addOption(
      new Option('--drop <rule>', 'which features a tile leaves out where there are too many')
        .choices(dropRules)
        .default('sample'),
    )
    .addOption(
      new Option('--max-features <n>', 'how many a tile may hold').default(20_000).argParser(count),
    )
    .option('--columns <names>', 'the properties, with commas in between; default: all columns')
    .option('--geometry <column>', 'the geometry column; default: the usual one')
    .option('--background', 'let a running server make it')
    .action(create)

  tileset
    .command('list')
    .description('Tilesets that servers make or have made in the background.')
    .requiredOption('--account <account>')
    .option('--json', 'print JSON')
    .action(list)
}

function zoom(text: string): number {
  if (/^\d{1,2}$/.test(text) && Number(text) <= 24) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 0 to 24.')
}

function count(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number from 1 to 9999999.')
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const definition = definitionOf(name, options)
  await loadStatementParser()
  await withInstallation(async ({ config, context, installation }) => {
    const { making, close } = openMaking(installation, config)
    try {
      if (options.background === true) {
        await queueTileset(context, options.account, definition, making)
        console.log(`A server will make ${name}. 'postern tileset list' shows how far it is.`)
        return
      }
      let tiles = 0
      await createTileset(context, options.account, definition, {
        ...making,
        async told(progress) {
          tiles = progress.tiles
          const percent = Math.floor(progress.share * 100)
          console.error(`zoom ${progress.zoom}: ${percent} %, ${tiles} tiles so far`)
        },
      })
      console.log(`Made ${name} of ${tiles} tiles.`)
    } finally {
      close()
    }
  })
}

function definitionOf(name: string, options: CreateOptions): TilesetDefinition {
  const { from, query, minZoom, maxZoom, drop, maxFeatures, columns, geometry } = options
  if ((from === undefined) === (query === undefined)) {
    throw new Error('Say what to draw: either --from TABLE or --query SQL.')
  }
  if (minZoom > maxZoom) throw new Error('--min-zoom is above --max-zoom.')
  return {
    target: relationOf(name),
    source:
      query === undefined
        ? { kind: 'table', table: relationOf(from ?? '') }
        : { kind: 'query', text: query },
    minZoom,
    maxZoom,
    drop,
    maxFeatures,
    ...(columns !== undefined && { columns: columns.split(',') }),
    ...(geometry !== undefined && { geometryColumn: geometry }),
  }
}

function relationOf(text: string): { schema: string; name: string } {
  const parts = splitName(text)
  if (parts === undefined || parts.length > 2)
    throw new Error(`'${text}' is not the name of a table.`)
  const [name = '', schema = 'public'] = [...parts].reverse()
  return { schema, name }
}

/** Sessions as the account's owner, for as long as this command runs. */
function openMaking(
  installation: Installation,
  config: Config,
): { readonly making: TilesetMaking; readonly close: () => void } {
  const observe = () => {}
  const sessions = createSessionPools(installation, { config, store: installation.store, observe })
  const controller = createStopController()
  const warehouse = createWarehouse({
    sessions: sessions.batch,
    terminate: (processId, { role }) => terminateSession(installation.admin, processId, role),
    observe,
  })
  return {
    making: { warehouse, deadlineMs: config.batchTimeoutMs, signal: controller.signal },
    close: () => sessions.close(),
  }
}

async function list({ account, json }: { account: string; json?: true }): Promise<void> {
  const builds = await withInstallation(({ context }) => listTilesets(context, account))
  const shown = builds.map(
    ({ schema, name, state, zoom: atZoom, tiles, share, error, updatedAt }) => ({
      name: `${schema}.${name}`,
      state,
      zoom: atZoom,
      share,
      tiles,
      error,
      updated_at: updatedAt.toISOString(),
    }),
  )
  if (json === true) {
    console.log(JSON.stringify(shown, null, 2))
    return
  }
  for (const { name, state, zoom: atZoom, share, tiles, error } of shown) {
    const far = state === 'running' ? ` zoom ${atZoom ?? 0}, ${Math.floor(share * 100)} %` : ''
    console.log(`${name}\t${state}${far}\t${tiles} tiles${error === null ? '' : `\t${error}`}`)
  }
}
