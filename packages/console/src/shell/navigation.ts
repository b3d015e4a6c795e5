import type { CurrentSession } from '@mason/contract/auth'
import type { Reach } from '@mason/contract/route'
import type { Scope } from '@mason/contract/scopes'
import {
  Activity,
  AppWindow,
  BellRing,
  CalendarClock,
  CardSim,
  ChartColumn,
  FileDown,
  FolderCog,
  Gauge,
  KeyRound,
  Layers,
  LayoutDashboard,
  ListTodo,
  type LucideIcon,
  Package,
  QrCode,
  RadioTower,
  Rocket,
  ScanLine,
  ScrollText,
  Server,
  SquareTerminal,
  TabletSmartphone,
  UsersRound,
  Webhook,
} from 'lucide-react'
import { type Can, canOf } from '../session/session.ts'

export interface NavigationItem {
  to: string
  label: string
  icon: LucideIcon
  /** The scope that it needs, or any of several. */
  scope: Scope | Scope[]
  /** What it is about, as its routes say; `groups` unless it says otherwise. */
  reach?: Reach
  /** Whether only the platform's first account has it. */
  isOperators?: boolean
  /** Whether it says how many alerts are open. */
  hasAlerts?: boolean
}

interface NavigationGroup {
  label?: string
  items: NavigationItem[]
}

/** The pages, in the order of the side bar, each with the scope that it needs. */
const groups: NavigationGroup[] = [
  {
    items: [
      { to: '/', label: 'Overview', icon: LayoutDashboard, scope: ['fleet:read', 'connect:read', 'fleet:deploy'] },
    ],
  },
  {
    label: 'Fleet',
    items: [
      { to: '/devices', label: 'Devices', icon: TabletSmartphone, scope: 'fleet:read' },
      { to: '/groups', label: 'Groups', icon: Layers, scope: 'fleet:read' },
      { to: '/apps', label: 'Apps', icon: AppWindow, scope: 'fleet:read', reach: 'account' },
      { to: '/commands', label: 'Commands', icon: SquareTerminal, scope: 'fleet:read' },
      { to: '/jobs', label: 'Jobs', icon: ListTodo, scope: ['fleet:read', 'connect:read'] },
      { to: '/schedules', label: 'Schedules', icon: CalendarClock, scope: 'fleet:read', reach: 'account' },
      { to: '/enrollment', label: 'Enrollment', icon: QrCode, scope: 'fleet:admin' },
      { to: '/activity', label: 'Activity', icon: Activity, scope: 'fleet:read' },
      { to: '/alerts', label: 'Alerts', icon: BellRing, scope: 'fleet:read', reach: 'account', hasAlerts: true },
    ],
  },
  {
    label: 'Connectivity',
    items: [
      { to: '/sims', label: 'SIMs', icon: CardSim, scope: 'connect:read' },
      { to: '/carriers', label: 'Carriers', icon: RadioTower, scope: 'connect:read', reach: 'account' },
      { to: '/usage', label: 'Data usage', icon: ChartColumn, scope: 'connect:read', reach: 'account' },
      { to: '/plan', label: 'Plan', icon: Gauge, scope: 'connect:read', reach: 'account' },
      { to: '/exports', label: 'Exports', icon: FileDown, scope: ['connect:read', 'fleet:read'] },
    ],
  },
  {
    label: 'Software',
    items: [
      { to: '/artifacts', label: 'Artifacts', icon: Package, scope: 'registry:read' },
      { to: '/projects', label: 'Projects', icon: FolderCog, scope: 'registry:read' },
      { to: '/deployments', label: 'Roll-outs', icon: Rocket, scope: 'fleet:deploy' },
    ],
  },
  {
    label: 'Access',
    items: [
      { to: '/keys', label: 'API keys', icon: KeyRound, scope: 'key:read', reach: 'account' },
      { to: '/users', label: 'Users', icon: UsersRound, scope: 'user:read', reach: 'account' },
      { to: '/webhooks', label: 'Webhooks', icon: Webhook, scope: 'hook:read', reach: 'account' },
      { to: '/audit', label: 'Audit trail', icon: ScrollText, scope: 'audit:read', reach: 'account' },
      { to: '/xray', label: 'X-Ray sessions', icon: ScanLine, scope: 'xray:admin' },
    ],
  },
  {
    label: 'Platform',
    items: [{ to: '/nodes', label: 'Nodes', icon: Server, scope: 'account:owner', isOperators: true }],
  },
]

/** What is offered to whoever is signed in. */
export const navigationFor = ({ user, account }: CurrentSession): NavigationGroup[] =>
  groups
    .map((group) => ({
      ...group,
      items: group.items.filter((item) => (account.isOperator || !item.isOperators) && isOffered(item, canOf(user))),
    }))
    .filter(({ items }) => items.length > 0)

const isOffered = ({ scope, reach }: NavigationItem, can: Can) => [scope].flat().some((one) => can(one, reach))

/** What stands in the way of what is at this path: the scopes of which somebody needs one, or the restriction to groups. */
export function obstacleAt(path: string, can: Can): Scope[] | 'restricted' | undefined {
  const item = groups
    .flatMap(({ items }) => items)
    .find(({ to }) => path === to || (to !== '/' && path.startsWith(`${to}/`)))
  if (!item || item.to === '/' || isOffered(item, can)) return undefined
  const scopes = [item.scope].flat()
  return scopes.some((scope) => can(scope)) ? 'restricted' : scopes
}
