import { Page } from '../ui/page.tsx'
export function GroupPage() { return <Page title="GroupPage"><p>soon</p></Page> }
