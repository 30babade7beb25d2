import { Link, type LinkProps } from '@tanstack/react-router'
import { Activity, Database, KeyRound, type LucideIcon, Play, TicketCheck } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Addresses } from './addresses.tsx'
import styles from './home-page.module.css'

/** Where whoever signs in begins: what to do first, which credential is for what, where the APIs are. */
export function HomePage() {
  const { user } = useSession()
  return (
    <Page
      title="Start"
      lead={`Signed in as ${user.name}. From your data to an application that may read it takes four steps.`}
    >
      <ol className={styles.steps}>
        <Step icon={Database} title="Look at your data" to="/data" action="Open the data explorer">
          See the tables, their columns, rows and maps, and which credentials reach each of them.
        </Step>
        <Step icon={KeyRound} title="Make a credential" to="/api-keys/new" action="Make an API key">
          It opens exactly what you tick: which APIs, which tables, and what may be done with them.
        </Step>
        <Step icon={Play} title="Try it" to="/try" action="Send a request">
          Send a request with it, as your application will. A refusal says which grant is missing.
        </Step>
        <Step icon={Activity} title="See who uses it" to="/activity" action="Look at the activity">
          Requests, errors and denials of each credential, and a log of every change.
        </Step>
      </ol>
      <Section title="Which credential?">
        <div className={styles.kinds}>
          <Kind
            icon={KeyRound}
            title="API key"
            action={
              <Button asChild>
                <Link to="/api-keys/new">Make an API key</Link>
              </Button>
            }
          >
            For backends, notebooks, GDAL and clients of the classic platform. It may read and write
            tables, make new ones and run any SQL that its tables allow. It belongs to the account,
            and what it opens never changes: make one for each application.
          </Kind>
          <Kind
            icon={TicketCheck}
            title="API access token"
            action={
              <Button asChild>
                <Link to="/developers/credentials/tokens/new">Make an access token</Link>
              </Button>
            }
          >
            For maps and dashboards in web pages, where everybody can see it. It only reads: chosen
            tables, tilesets or single queries, and only from the sites that you name. It belongs to
            you, and you can change it.
          </Kind>
        </div>
      </Section>
      <Addresses />
    </Page>
  )
}

function Step({
  icon: Icon,
  title,
  to,
  action,
  children,
}: {
  readonly icon: LucideIcon
  readonly title: string
  readonly to: LinkProps['to']
  readonly action: string
  readonly children: ReactNode
}) {
  return (
    <li className={styles.step}>
      <Icon className={styles.icon} aria-hidden="true" />
      <h2>{title}</h2>
      <p className={styles.text}>{children}</p>
      <Link to={to}>{action}</Link>
    </li>
  )
}

function Kind({
  icon: Icon,
  title,
  action,
  children,
}: {
  readonly icon: LucideIcon
  readonly title: string
  readonly action: ReactNode
  readonly children: ReactNode
}) {
  return (
    <div className={styles.kind}>
      <h3 className={styles.kindTitle}>
        <Icon className={styles.icon} aria-hidden="true" />
        {title}
      </h3>
      <p className={styles.text}>{children}</p>
      <div>{action}</div>
    </div>
  )
}
