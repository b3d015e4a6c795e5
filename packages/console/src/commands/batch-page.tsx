import { Page } from '../ui/page.tsx'
export function BatchPage() { return <Page title="BatchPage"><p>soon</p></Page> }
