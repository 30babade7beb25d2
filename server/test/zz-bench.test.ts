import { it } from 'vitest'
import { createInstallation } from '/work/main/server/test/installation.ts'
import { createAccount, createKey, insertPendingKey, runAs, table, newAccount, createDatabaseOf } from '/work/main/server/test/account.ts'
import { createKeyRole } from '/work/main/server/src/roles/create-key-role.ts'
import { dropKeyRole } from '/work/main/server/src/roles/drop-key-role.ts'
import { resolveGrants } from '/work/main/server/src/roles/resolve-grants.ts'
import { scramVerifier } from '/work/main/server/src/token/scram-verifier.ts'
import { reconcile } from '/work/main/server/src/roles/reconcile.ts'
import { readEffectiveGrants } from '/work/main/server/src/roles/effective-grants.ts'
import { randomBytes } from 'node:crypto'
import { inTransaction } from '/work/main/server/src/store/database.ts'
it('bench', async () => {
  let t = performance.now(); const lap = (n) => { const x = performance.now(); console.log(n, (x - t).toFixed(2)); t = x }
  const inst = await createInstallation(); lap('installation first')
  const inst2 = await createInstallation(); lap('installation second'); await inst2.close(); lap('close')
  const account = await createAccount(inst); lap('account')
  for (let i=0;i<3;i++){ await createDatabaseOf(inst.admin, newAccount(inst.admin)); lap('account database')}
  await runAs(inst, {...account, role: account.ownerRole}, 'create table t (id serial)'); lap('t')
  const v = await scramVerifier('x', randomBytes); lap('scram first')
  for (let i=0;i<20;i++) await scramVerifier('x', randomBytes); lap('scram x20')
  const N = Number(process.env.N ?? 1000); let times=[], rt=[]; const keys=[]
  for (let i=0;i<N;i++){
    const key = await insertPendingKey(inst, account)
    let s = performance.now()
    const r = await resolveGrants(inst.admin, {...account, tables:[table('t','select','insert')], schemas: []})
    rt.push(performance.now()-s); s = performance.now()
    await inTransaction(inst.store, (tx) => createKeyRole(inst.admin, tx, {...account, accountId: account.id, apiKeyId: key.id, role: key.role, verifier: v, resolved: r.resolved, connectionLimit: 3, mayWrite: true}))
    times.push(performance.now()-s)
    keys.push(key)
  }
  await inst.store.query("update api_key set state='active'")
  const med=(a)=>[...a].sort((x,y)=>x-y)[a.length>>1].toFixed(2)
  console.log('resolve', med(rt), 'create first100', med(times.slice(0,100)), 'last100', med(times.slice(-100)))
  t=performance.now()
  await readEffectiveGrants(inst.admin,{...account, roles: keys.slice(0,20).map(k=>k.role)}); lap('effective 20')
  await readEffectiveGrants(inst.admin,{...account, roles: keys.slice(0,1).map(k=>k.role)}); lap('effective 1')
  const f = await reconcile(inst.admin, inst.store, () => {}); lap('reconcile '+JSON.stringify(f.slice(0,3)))
  await reconcile(inst.admin, inst.store, () => {}); lap('reconcile')
  const dt=[]; for (const k of keys.slice(0,50)) { const s=performance.now(); await dropKeyRole(inst.admin,{...account, role:k.role}); dt.push(performance.now()-s)}
  console.log('drop', med(dt))
  t=performance.now(); await inst.close(); lap('close')
}, 600000)
