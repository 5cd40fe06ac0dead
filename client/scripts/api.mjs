// Writes src/api/schema.d.ts and src/api/operations.ts from an OpenAPI document: node scripts/api.mjs FILE [FOLDER]
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import openapiTS, { astToString } from 'openapi-typescript'

const [file, folder = 'src/api'] = process.argv.slice(2)
if (!file) {
  console.error('usage: node scripts/api.mjs openapi.json [folder]')
  process.exit(2)
}
const GENERATED = '// Generated from /openapi.json by `npm run api`; do not edit.\n'
const document = JSON.parse(readFileSync(file, 'utf8'))
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'schema.d.ts'), GENERATED + astToString(await openapiTS(document)))

const rows = []
for (const [path, verbs] of Object.entries(document.paths))
  for (const [verb, operation] of Object.entries(verbs)) {
    const needsToken = (operation.security ?? []).some((way) => 'access_token' in way)
    rows.push(`  ${operation.operationId}: ['${verb.toUpperCase()}', '${path}', ${needsToken}],`)
  }
writeFileSync(
  join(folder, 'operations.ts'),
  `${GENERATED}/** By operation id: method, path, whether it needs the access token. */\nexport const OPERATIONS = {\n${rows.join('\n')}\n} as const\n`,
)
