import { Page } from '../ui/page.tsx'
export function CommandsPage() { return <Page title="CommandsPage"><p>soon</p></Page> }
