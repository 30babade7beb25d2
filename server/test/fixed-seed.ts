import fc from 'fast-check'

// Properties are tried with the same cases each time: a run that fails is about the change that was
// made, and fails again. `npm run test:long` tries others.
if (process.env.POSTERN_TEST_LONG !== '1') fc.configureGlobal({ seed: 20_261_121 })
