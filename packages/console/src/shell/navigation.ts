import type { CurrentSession } from '@mason/contract/auth'
import { grants, type Scope } from '@mason/contract/scopes'
import {
  Activity,
  CardSim,
  ChartColumn,
  FileDown,
  FolderCog,
  Gauge,
  KeyRound,
  Layers,
  LayoutDashboard,
  type LucideIcon,
  Package,
  QrCode,
  Rocket,
  Server,
  SquareTerminal,
  TabletSmartphone,
  UsersRound,
} from 'lucide-react'

interface NavigationItem {
  to: string
  label: string
  icon: LucideIcon
  /** The scope that it needs, or any of several. */
  scope: Scope | Scope[]
  /** Whether only the platform's first account has it. */
  isOperators?: boolean
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
      { to: '/commands', label: 'Commands', icon: SquareTerminal, scope: 'fleet:read' },
      { to: '/enrollment', label: 'Enrollment', icon: QrCode, scope: 'fleet:admin' },
      { to: '/activity', label: 'Activity', icon: Activity, scope: 'fleet:read' },
    ],
  },
  {
    label: 'Connectivity',
    items: [
      { to: '/sims', label: 'SIMs', icon: CardSim, scope: 'connect:read' },
      { to: '/usage', label: 'Data usage', icon: ChartColumn, scope: 'connect:read' },
      { to: '/plan', label: 'Plan', icon: Gauge, scope: 'connect:read' },
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
      { to: '/keys', label: 'API keys', icon: KeyRound, scope: 'key:read' },
      { to: '/users', label: 'Users', icon: UsersRound, scope: 'user:read' },
    ],
  },
  {
    label: 'Platform',
    items: [{ to: '/nodes', label: 'Nodes', icon: Server, scope: 'account:owner', isOperators: true }],
  },
]

/** What is offered to whoever is signed in. */
export const navigationFor = ({ user: { scopes }, account }: CurrentSession): NavigationGroup[] =>
  groups
    .map((group) => ({
      ...group,
      items: group.items.filter(
        ({ scope, isOperators = false }) =>
          (account.isOperator || !isOperators) && [scope].flat().some((one) => grants(scopes, one)),
      ),
    }))
    .filter(({ items }) => items.length > 0)

/** The scopes of which somebody needs one to see what is at this path; empty for what everybody may see. */
export function scopesFor(path: string): Scope[] {
  const item = groups
    .flatMap(({ items }) => items)
    .find(({ to }) => path === to || (to !== '/' && path.startsWith(`${to}/`)))
  return item && item.to !== '/' ? [item.scope].flat() : []
}
