import { Page } from '../ui/page.tsx'
export function ActivityPage() { return <Page title="ActivityPage"><p>soon</p></Page> }
